# Cortex-M33 with a single-precision FPU, without an operating system.
set(CMAKE_SYSTEM_PROCESSOR cortex-m33)
set(inlay_cpu "-mcpu=cortex-m33 -mfpu=fpv5-sp-d16")
set(inlay_board mps2-an505)
include(${CMAKE_CURRENT_LIST_DIR}/cortex-m/board.cmake)
