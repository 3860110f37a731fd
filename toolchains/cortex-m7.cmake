# Cortex-M7 with a double-precision FPU, without an operating system.
set(CMAKE_SYSTEM_PROCESSOR cortex-m7)
set(inlay_cpu "-mcpu=cortex-m7 -mfpu=fpv5-d16")
set(inlay_board mps2-an500)
include(${CMAKE_CURRENT_LIST_DIR}/cortex-m/board.cmake)
