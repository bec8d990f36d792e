# Warnings and sanitizers of every C++ target of ours: link against coax_flags.
add_library(coax_flags INTERFACE)
target_compile_options(coax_flags INTERFACE
    -Wall -Wextra -Wpedantic -Werror -Wshadow -Wnon-virtual-dtor -Wold-style-cast
    -Wcast-align -Woverloaded-virtual -Wnull-dereference -Wimplicit-fallthrough
    -fstack-protector-strong)
if(COAX_SANITIZE)
    add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined
        -fno-omit-frame-pointer)
    add_link_options(-fsanitize=address,undefined)
    if(COAX_FUZZ) # coverage for libFuzzer; its main() only in the targets
        add_compile_options(-fsanitize=fuzzer-no-link)
        add_link_options(-fsanitize=fuzzer-no-link)
    endif()
else()
    target_compile_definitions(coax_flags INTERFACE
        $<$<CONFIG:RelWithDebInfo,Release>:_FORTIFY_SOURCE=2>)
endif()
