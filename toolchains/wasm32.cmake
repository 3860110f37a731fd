# WebAssembly with vectors, by Emscripten; programs run in Node.js, with its files and with threads. setup.sh --cross wasm32
# -D INLAY_WITH_XSIMD=OFF compiles scalar code. For a page link without -sNODERAWFS, and without -pthread where one thread is enough.
# -fexceptions is for the tests. Clang 14 sends a call that may throw through JavaScript, which takes no vector for an argument: at
# -O0, where inlay's lambdas are not inlined, such a program stops with a TypeError. Its -fwasm-exceptions lost an exception here.
set(CMAKE_CXX_COMPILER em++)
set(CMAKE_C_COMPILER emcc)
set(inlay_group wasm32)
set(EMSCRIPTEN_SYSTEM_PROCESSOR wasm32)
set(CMAKE_CROSSCOMPILING_EMULATOR node)
set(CMAKE_CXX_FLAGS_INIT "-msimd128 -pthread -fexceptions")
set(CMAKE_C_FLAGS_INIT "-msimd128 -pthread")
# main runs on a thread of its own, so that it may wait for others. The module is compiled before it, because Emscripten 3.1.6
# would fetch it as a page does, which Node.js 18 and later refuse for a file. 8 MB of stack for main and for each other thread.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-sPROXY_TO_PTHREAD -sWASM_ASYNC_COMPILATION=0 -sEXIT_RUNTIME -sNODERAWFS \
-sINITIAL_MEMORY=256MB -sALLOW_MEMORY_GROWTH -Wno-pthreads-mem-growth -sTOTAL_STACK=8MB -sDEFAULT_PTHREAD_STACK_SIZE=8MB")
include(${CMAKE_CURRENT_LIST_DIR}/cross.cmake)

# A linker of Debian's Emscripten needs a module of Debian's Node.js, which another maker's does not look for.
if(EXISTS /usr/share/nodejs/acorn)
  set(CMAKE_CXX_LINKER_LAUNCHER ${CMAKE_COMMAND} -E env NODE_PATH=/usr/share/nodejs)
  set(CMAKE_C_LINKER_LAUNCHER ${CMAKE_CXX_LINKER_LAUNCHER})
endif()
execute_process(COMMAND em-config EMSCRIPTEN_ROOT OUTPUT_VARIABLE inlay_emscripten OUTPUT_STRIP_TRAILING_WHITESPACE)
include(${inlay_emscripten}/cmake/Modules/Platform/Emscripten.cmake)
