# IBM Z under Linux, big-endian; programs run in qemu-user. setup.sh --cross s390x
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR s390x)
set(inlay_tools s390x-linux-gnu-)
set(inlay_group s390x)
set(CMAKE_FIND_ROOT_PATH /usr/s390x-linux-gnu)
set(CMAKE_CROSSCOMPILING_EMULATOR "qemu-s390x;-L;/usr/s390x-linux-gnu")
include(${CMAKE_CURRENT_LIST_DIR}/cross.cmake)
