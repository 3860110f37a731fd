# Android, by the toolchain file of its NDK (r25 or later): ANDROID_NDK_ROOT says where that is. -D ANDROID_ABI=x86_64 and
# -D ANDROID_PLATFORM=android-26 choose others. Written after the NDK's guide, and not run by inlay's CI.
set(inlay_ndk "$ENV{ANDROID_NDK_ROOT}")
if(NOT EXISTS "${inlay_ndk}/build/cmake/android.toolchain.cmake")
  message(FATAL_ERROR "inlay: ANDROID_NDK_ROOT is \"${inlay_ndk}\"; it must name the folder of an Android NDK, the one with "
    "build/cmake/android.toolchain.cmake. Android Studio's SDK manager installs it as \"NDK (Side by side)\".")
endif()
if(NOT DEFINED ANDROID_ABI)
  set(ANDROID_ABI arm64-v8a)
endif()
if(NOT DEFINED ANDROID_PLATFORM)
  set(ANDROID_PLATFORM android-24)
endif()
if(NOT DEFINED ANDROID_STL)
  set(ANDROID_STL c++_static)
endif()
include("${inlay_ndk}/build/cmake/android.toolchain.cmake")
