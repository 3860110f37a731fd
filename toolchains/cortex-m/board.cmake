# What every Cortex-M shares. A toolchain file sets `inlay_cpu`, the options that choose the processor, and `inlay_board`, a machine
# of qemu-system-arm with a memory map of that name in this folder, then includes this one. The start-up code is compiled into
# each program of the build. setup.sh --cross cortex-m
set(CMAKE_SYSTEM_NAME Generic)
set(inlay_tools arm-none-eabi-)
set(inlay_group cortex-m)
set(CMAKE_C_FLAGS_INIT "${inlay_cpu} -mthumb -mfloat-abi=hard -ffunction-sections -fdata-sections")
set(CMAKE_CXX_FLAGS_INIT "${CMAKE_C_FLAGS_INIT} -fno-exceptions -fno-rtti")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-nostartfiles -Wl,--gc-sections -L ${CMAKE_CURRENT_LIST_DIR} -T ${inlay_board}.ld")
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(INLAY_STARTUP_SOURCES ${CMAKE_CURRENT_LIST_DIR}/startup.cpp)
set(CMAKE_CROSSCOMPILING_EMULATOR
    "qemu-system-arm;-M;${inlay_board};-display;none;-serial;none;-monitor;none;-chardev;stdio,id=output;-semihosting-config;enable=on,chardev=output;-kernel")
include(${CMAKE_CURRENT_LIST_DIR}/../cross.cmake)
