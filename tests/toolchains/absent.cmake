# A target whose compiler nobody has.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR absent)
set(inlay_tools no-such-tools-)
set(inlay_group aarch64)
include(${CMAKE_CURRENT_LIST_DIR}/../../toolchains/cross.cmake)
