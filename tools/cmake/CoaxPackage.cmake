# What `cmake --install` and the Debian package hold besides the programs, and the settings of
# `cpack` (tools/debian/README.md). Included last: it needs the target coax.
set(doc_dir ${CMAKE_INSTALL_DATADIR}/doc/coax)
set(made_dir ${CMAKE_BINARY_DIR}/package)

install(FILES tools/systemd/coax-controller.service tools/systemd/coax-guard.service
    tools/systemd/coaxd.service tools/systemd/coax-online.target DESTINATION lib/systemd/system)
install(FILES tools/debian/coax.toml DESTINATION ${doc_dir}/examples)

# coax_package_gzip(SOURCE NAME): a compressed document, without time stamp and name inside.
set(package_files)
macro(coax_package_gzip source name)
    add_custom_command(
        OUTPUT ${made_dir}/${name}.gz
        COMMAND sh -c "gzip -9n < '${source}' > '${made_dir}/${name}.gz'"
        DEPENDS ${source} VERBATIM)
    list(APPEND package_files ${made_dir}/${name}.gz)
    install(FILES ${made_dir}/${name}.gz DESTINATION ${doc_dir})
endmacro()

file(MAKE_DIRECTORY ${made_dir})
configure_file(tools/debian/changelog.in ${made_dir}/changelog @ONLY)
coax_package_gzip(${made_dir}/changelog changelog.Debian)
coax_package_gzip(${CMAKE_SOURCE_DIR}/CHANGELOG.md changelog)
coax_package_gzip(${CMAKE_SOURCE_DIR}/README.md README.md)
coax_package_gzip(${CMAKE_SOURCE_DIR}/userspace/lib/config/REFERENCE.md REFERENCE.md)
coax_package_gzip(${CMAKE_SOURCE_DIR}/userspace/controller/config/REFERENCE.md controller.md)
install(FILES tools/debian/copyright DESTINATION ${doc_dir})
install(FILES tools/debian/lintian-overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides
    RENAME coax)

# coax_package_completion(SHELL FOLDER NAME): what `coax completion SHELL` prints.
macro(coax_package_completion shell folder name)
    add_custom_command(
        OUTPUT ${made_dir}/completion.${shell}
        COMMAND coax completion ${shell} > ${made_dir}/completion.${shell}
        DEPENDS coax)
    list(APPEND package_files ${made_dir}/completion.${shell})
    install(FILES ${made_dir}/completion.${shell} RENAME ${name}
        DESTINATION ${CMAKE_INSTALL_DATADIR}/${folder})
endmacro()
coax_package_completion(bash bash-completion/completions coax)
coax_package_completion(zsh zsh/vendor-completions _coax)
coax_package_completion(fish fish/vendor_completions.d coax.fish)
add_custom_target(coax_package_files ALL DEPENDS ${package_files})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME coax)
set(CPACK_PACKAGE_CONTACT "The Coax authors <maintainers@coax.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "encrypted overlay network: VXLAN in WireGuard, by BPF")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "Virtual Ethernet segments for bare-metal storage nodes, and for the containers
and machines that must reach them. Frames travel as VXLAN inside WireGuard;
every decision about a packet is made in BPF. This package holds the agent of
a node, coaxd, the controller of a cluster, coax-controller, and the command,
coax.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# passwd: groupadd in postinst.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "passwd")
# Carries the lanes where the kernel has no WireGuard.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "wireguard-go, systemd")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "wireguard-tools, bpftool, bash-completion")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/tools/debian/postinst
    ${CMAKE_SOURCE_DIR}/tools/debian/prerm ${CMAKE_SOURCE_DIR}/tools/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION TRUE)
# Whatever umask the build runs with.
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
    GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
include(CPack)
