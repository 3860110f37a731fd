# The board: its memory map, its start-up code, and the emulator. The start-up code is compiled into each program of the build.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-nostartfiles -Wl,--gc-sections -T ${CMAKE_CURRENT_LIST_DIR}/mps2-an500.ld")
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(INLAY_STARTUP_SOURCES ${CMAKE_CURRENT_LIST_DIR}/startup.cpp)
set(CMAKE_CROSSCOMPILING_EMULATOR
    "qemu-system-arm;-M;mps2-an500;-display;none;-serial;none;-monitor;none;-chardev;stdio,id=output;-semihosting-config;enable=on,chardev=output;-kernel")
