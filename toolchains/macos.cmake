# macOS 11 or later, on Apple silicon; -D CMAKE_OSX_ARCHITECTURES=x86_64 -D INLAY_MARCH=x86-64-v3 for Intel.
set(CMAKE_SYSTEM_NAME Darwin)
set(CMAKE_OSX_DEPLOYMENT_TARGET 11.0 CACHE STRING "the oldest macOS that runs it")
include(${CMAKE_CURRENT_LIST_DIR}/apple.cmake)
