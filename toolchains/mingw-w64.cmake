# 64-bit Windows by MinGW-w64, with AVX2; programs run in Wine. setup.sh --cross windows
# GCC aligns the stack to 16 bytes there and moves 32 as if it were aligned (its bug 54412): the assembler mends that.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(inlay_tools x86_64-w64-mingw32-)
set(inlay_suffix -posix)
set(inlay_group windows)
set(CMAKE_CXX_FLAGS_INIT "-march=x86-64-v3 -Wa,-muse-unaligned-vector-move")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static")
set(CMAKE_FIND_ROOT_PATH /usr/x86_64-w64-mingw32)
set(CMAKE_CROSSCOMPILING_EMULATOR wine)
include(${CMAKE_CURRENT_LIST_DIR}/cross.cmake)
