# A target whose emulator nobody has.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR absent)
set(CMAKE_CXX_COMPILER ${CMAKE_COMMAND})  # found, and asked no further
set(inlay_group riscv64)
set(CMAKE_CROSSCOMPILING_EMULATOR no-such-emulator)
include(${CMAKE_CURRENT_LIST_DIR}/../../toolchains/cross.cmake)
