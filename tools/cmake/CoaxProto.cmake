# coax_proto_library(TARGET FILE.proto [IMPORT FOLDER...]): generated C++ and gRPC code as a static
# library; IMPORT: where it finds the files that it imports.
find_program(PROTOC protoc REQUIRED)
find_program(GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)

function(coax_proto_library target proto)
    cmake_parse_arguments(ARG "" "" "IMPORT" ${ARGN})
    list(TRANSFORM ARG_IMPORT PREPEND -I)
    get_filename_component(stem ${proto} NAME_WE)
    set(source ${CMAKE_CURRENT_SOURCE_DIR}/${proto})
    get_filename_component(folder ${source} DIRECTORY)
    set(out ${CMAKE_CURRENT_BINARY_DIR})
    set(generated ${out}/${stem}.pb.cc ${out}/${stem}.pb.h ${out}/${stem}.grpc.pb.cc
        ${out}/${stem}.grpc.pb.h)
    add_custom_command(
        OUTPUT ${generated}
        COMMAND ${PROTOC} -I${folder} ${ARG_IMPORT} --cpp_out=${out} --grpc_out=${out}
            --plugin=protoc-gen-grpc=${GRPC_CPP_PLUGIN} ${source}
        DEPENDS ${source})
    add_library(${target} STATIC ${generated})
    target_include_directories(${target} SYSTEM PUBLIC ${out})
    target_link_libraries(${target} PUBLIC PkgConfig::GRPC)
endfunction()
