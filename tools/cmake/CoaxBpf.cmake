# coax_bpf_program(NAME): compiles NAME.bpf.c of the current folder to NAME.bpf.o and generates
# NAME.skel.h (the object embedded, typed access). Both appear in the build folder only.
find_program(CLANG NAMES clang-14 clang REQUIRED)
find_program(BPFTOOL bpftool REQUIRED PATHS /usr/sbin)
find_program(LLVM_STRIP NAMES llvm-strip-14 llvm-strip REQUIRED)

# Only for the tests: that its objects load too, and that an agent with other programs takes over
# from one with these. Coax is built without it where it is missing.
find_program(CLANG_19 NAMES clang-19)

set(COAX_BPF_FLAGS --target=bpf -mcpu=v3 -O2 -g -std=gnu11
    -Wall -Wextra -Werror -Wno-unused-parameter
    -I${CMAKE_SOURCE_DIR}/include -I${CMAKE_SOURCE_DIR}/bpf
    -isystem /usr/include/${CMAKE_SYSTEM_PROCESSOR}-linux-gnu)

# Commands for FOLDER/NAME.bpf.o and FOLDER/NAME.skel.h; arguments after FOLDER are further commands
# that work on the object.
function(coax_bpf_object name compiler folder)
    set(source ${CMAKE_CURRENT_SOURCE_DIR}/${name}.bpf.c)
    set(object ${folder}/${name}.bpf.o)
    set(skeleton ${folder}/${name}.skel.h)
    file(RELATIVE_PATH shown ${CMAKE_CURRENT_BINARY_DIR} ${object})
    file(MAKE_DIRECTORY ${folder})
    add_custom_command(
        OUTPUT ${object}
        COMMAND ${compiler} ${COAX_BPF_FLAGS} -MD -MF ${object}.d -c ${source} -o ${object}
        ${ARGN}
        DEPENDS ${source} DEPFILE ${object}.d
        COMMENT "BPF ${shown}")
    add_custom_command(
        OUTPUT ${skeleton}
        COMMAND ${BPFTOOL} gen skeleton ${object} name ${name} > ${skeleton}
        DEPENDS ${object}
        COMMENT "skeleton of ${shown}")
    set_property(GLOBAL APPEND PROPERTY COAX_BPF_OUTPUTS ${object} ${skeleton})
endfunction()

function(coax_bpf_program name)
    coax_bpf_object(${name} ${CLANG} ${CMAKE_CURRENT_BINARY_DIR}
        COMMAND ${LLVM_STRIP} -g ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o)
    if(CLANG_19)
        coax_bpf_object(${name} ${CLANG_19} ${CMAKE_CURRENT_BINARY_DIR}/clang-19)
    endif()
endfunction()

# After the last coax_bpf_program: target coax_bpf_objects builds them, library coax_bpf_skeletons
# carries the include path.
function(coax_bpf_finish)
    get_property(outputs GLOBAL PROPERTY COAX_BPF_OUTPUTS)
    add_custom_target(coax_bpf_objects ALL DEPENDS ${outputs})
    add_library(coax_bpf_skeletons INTERFACE)
    add_dependencies(coax_bpf_skeletons coax_bpf_objects)
    target_include_directories(coax_bpf_skeletons SYSTEM INTERFACE ${CMAKE_CURRENT_BINARY_DIR})
    target_link_libraries(coax_bpf_skeletons INTERFACE coax_abi PkgConfig::LIBBPF)
endfunction()
