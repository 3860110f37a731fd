# What every cross target shares. A toolchain file sets the system and `inlay_tools`, the prefix of the compiler's name, then
# includes this one.
set(CMAKE_CXX_COMPILER ${inlay_tools}g++)
set(CMAKE_C_COMPILER ${inlay_tools}gcc)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
