# SPDX-License-Identifier: MIT
# The Debian packages libbalcony0, libbalcony-dev, balcony and profanity-plugin-balcony, made by CPack from the components:
#
#   cmake --preset package && cmake --build --preset package && cpack --preset package
#
# Dependencies on other packages are found by dpkg-shlibdeps.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME balcony)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_PACKAGE_CONTACT "The Balcony authors <maintainers@balcony.example>")
set(CPACK_COMPONENTS_ALL runtime development cli profanity)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS ${CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS})
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_BINARY_DIR}/lib)  # for our own library
set(version "${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}")

set(what "Balcony lets two XMPP clients talk over an encrypted XML stream of their own,
end to end: Jingle (XEP-0247) negotiates a path, and TLS with a certificate on
each side secures it. The server carries what it cannot read.
")

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME libbalcony0)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_RUNTIME_DESCRIPTION "End-to-end XML streams for XMPP clients (library)
${what}
This package holds the library that clients load.")
# dpkg's own files about what the library exports, and that the linker's cache is to be renewed.
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/shlibs "libbalcony 0 libbalcony0 (>= ${PROJECT_VERSION})\n")
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/triggers "activate-noawait ldconfig\n")
configure_file(debian/libbalcony0.symbols symbols COPYONLY)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_BINARY_DIR}/shlibs
    ${CMAKE_CURRENT_BINARY_DIR}/symbols ${CMAKE_CURRENT_BINARY_DIR}/triggers)

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libbalcony-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
# The last two are for the adapter: its header includes strophe.h, and it is C++ inside.
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "libbalcony0 (= ${version}), libstrophe-dev (>= 0.12.2), libstdc++-12-dev | libstdc++-dev")
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION "End-to-end XML streams for XMPP clients (development)
${what}
This package holds the C header, the adapter for clients on libstrophe (a
static library), pkg-config files, a guide for authors of clients, an example.")

set(CPACK_DEBIAN_CLI_PACKAGE_NAME balcony)
set(CPACK_DEBIAN_CLI_PACKAGE_SECTION net)
set(CPACK_DEBIAN_CLI_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_CLI_PACKAGE_DEPENDS "libbalcony0 (>= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_CLI_DESCRIPTION "Scriptable XMPP client with end-to-end XML streams
${what}
This package holds balcony-cli, a small client for scripts and bots: commands
are lines on its standard input, events JSON objects on its standard output.")

set(CPACK_DEBIAN_PROFANITY_PACKAGE_NAME profanity-plugin-balcony)
set(CPACK_DEBIAN_PROFANITY_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PROFANITY_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROFANITY_PACKAGE_DEPENDS
    "profanity-light (>= 0.13.1) | profanity (>= 0.13.1)")
set(CPACK_DEBIAN_PROFANITY_DESCRIPTION "End-to-end XML streams for XMPP clients (Profanity)
${what}
This package holds the plugin for Profanity. Each user installs it with
/plugins install balcony.so; after that, /help e2e.")

# documents(COMPONENT PACKAGE FILE...): the files in the folder that Debian has for each package; not
# part of a plain `cmake --install`.
function(documents component package)
  set(folder ${CMAKE_INSTALL_DATAROOTDIR}/doc/${package})
  install(FILES debian/copyright ${CMAKE_CURRENT_BINARY_DIR}/changelog.Debian.gz ${ARGN}
          DESTINATION ${folder} COMPONENT ${component} EXCLUDE_FROM_ALL)
endfunction()
documents(runtime libbalcony0)
documents(development libbalcony-dev ../README.md)
documents(cli balcony)
documents(profanity profanity-plugin-balcony)
install(FILES ../example/say.c DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/libbalcony-dev/examples
        COMPONENT development EXCLUDE_FROM_ALL)
include(CPack)
