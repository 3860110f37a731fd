# 64-bit Arm under Linux; programs run in qemu-user. setup.sh --cross aarch64
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(inlay_tools aarch64-linux-gnu-)
set(inlay_group aarch64)
set(CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu)
set(CMAKE_CROSSCOMPILING_EMULATOR "qemu-aarch64;-L;/usr/aarch64-linux-gnu")
include(${CMAKE_CURRENT_LIST_DIR}/cross.cmake)
