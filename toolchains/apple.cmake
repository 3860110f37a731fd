# What macOS and iOS share: Xcode's Clang, found by xcrun, and one architecture a build, because the instruction set is a part of
# what inlay compiles (lipo joins two builds). Written after CMake's guide to cross-compiling for Apple; not run by inlay's CI.
if(NOT CMAKE_HOST_APPLE)
  message(FATAL_ERROR "inlay: programs for ${CMAKE_SYSTEM_NAME} are built on macOS, with Xcode 14.3 or later.")
endif()
set(CMAKE_OSX_ARCHITECTURES arm64 CACHE STRING "arm64 or x86_64, one of them")
