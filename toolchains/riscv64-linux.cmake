# 64-bit RISC-V under Linux; programs run in qemu-user. setup.sh --cross riscv64
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(inlay_tools riscv64-linux-gnu-)
set(inlay_group riscv64)
set(CMAKE_FIND_ROOT_PATH /usr/riscv64-linux-gnu)
set(CMAKE_CROSSCOMPILING_EMULATOR "qemu-riscv64;-L;/usr/riscv64-linux-gnu")
include(${CMAKE_CURRENT_LIST_DIR}/cross.cmake)
