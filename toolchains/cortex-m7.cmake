# Cortex-M7 with a double-precision FPU, without an operating system; programs run in qemu-system-arm on the board mps2-an500.
# setup.sh --cross cortex-m
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR cortex-m7)
set(inlay_tools arm-none-eabi-)
set(CMAKE_CXX_FLAGS_INIT "-mcpu=cortex-m7 -mthumb -mfloat-abi=hard -mfpu=fpv5-d16 -ffunction-sections -fdata-sections -fno-exceptions -fno-rtti")
include(${CMAKE_CURRENT_LIST_DIR}/cortex-m/mps2-an500.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/cross.cmake)
