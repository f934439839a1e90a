# `cmake --install` gives other projects find_package(gridlock) with gridlock::core, gridlock::sim ...
include(CMakePackageConfigHelpers)
set(gridlock_libraries core sim launch gloo_backend nccl_backend harness testing)
foreach(name IN LISTS gridlock_libraries)
  install(TARGETS gridlock_${name} EXPORT gridlockTargets
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/gridlock)
endforeach()
install(TARGETS gridlock)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/scenarios DESTINATION ${CMAKE_INSTALL_DATADIR}/gridlock)
install(EXPORT gridlockTargets NAMESPACE gridlock:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/gridlock)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/gridlockConfig.cmake.in
  ${PROJECT_BINARY_DIR}/gridlockConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/gridlock)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/gridlockConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/gridlockConfig.cmake ${PROJECT_BINARY_DIR}/gridlockConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/gridlock)
