# Cortex-M55 without an operating system. Its vectors of floats are left alone: they flush denormals, so the bits would differ.
set(CMAKE_SYSTEM_PROCESSOR cortex-m55)
set(inlay_cpu "-mcpu=cortex-m55+nomve.fp")
set(inlay_board mps3-an547)
include(${CMAKE_CURRENT_LIST_DIR}/cortex-m/board.cmake)
