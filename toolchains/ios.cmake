# iOS 14 or later; -D CMAKE_OSX_SYSROOT=iphonesimulator for the simulator. Tests are built, and run by Xcode on the device.
set(CMAKE_SYSTEM_NAME iOS)
set(CMAKE_OSX_SYSROOT iphoneos CACHE STRING "iphoneos or iphonesimulator")
set(CMAKE_OSX_DEPLOYMENT_TARGET 14.0 CACHE STRING "the oldest iOS that runs it")
set(CMAKE_XCODE_ATTRIBUTE_CODE_SIGNING_ALLOWED NO)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
include(${CMAKE_CURRENT_LIST_DIR}/apple.cmake)
