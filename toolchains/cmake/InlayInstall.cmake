# Installs the headers, the compiled libraries and a package that find_package(inlay [COMPONENTS tbb io]) understands.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(inlay_package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/inlay)
install(DIRECTORY include/inlay DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp" PATTERN "*.h")
install(TARGETS inlay EXPORT inlay_targets INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT inlay_targets NAMESPACE inlay:: DESTINATION ${inlay_package_folder})

# One export file a component, so that a user without oneTBB can still use the rest.
foreach(component tbb io)
  if(TARGET inlay_${component})
    install(TARGETS inlay_${component} EXPORT inlay_${component}_targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(EXPORT inlay_${component}_targets NAMESPACE inlay:: DESTINATION ${inlay_package_folder})
  endif()
endforeach()

configure_package_config_file(toolchains/cmake/inlayConfig.cmake.in inlayConfig.cmake INSTALL_DESTINATION ${inlay_package_folder})
write_basic_package_version_file(inlayConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/inlayConfig.cmake ${PROJECT_BINARY_DIR}/inlayConfigVersion.cmake
              toolchains/cmake/InlayXsimd.cmake toolchains/cmake/InlayWeights.cmake toolchains/cmake/InlayEmbedWeights.cmake
              toolchains/cmake/InlayCInterface.cmake toolchains/cmake/InlayCInterfaceHeader.cmake
        DESTINATION ${inlay_package_folder})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
