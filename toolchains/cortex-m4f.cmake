# Cortex-M4 with a single-precision FPU, without an operating system.
set(CMAKE_SYSTEM_PROCESSOR cortex-m4f)
set(inlay_cpu "-mcpu=cortex-m4 -mfpu=fpv4-sp-d16")
set(inlay_board mps2-an386)
include(${CMAKE_CURRENT_LIST_DIR}/cortex-m/board.cmake)
