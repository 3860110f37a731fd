# cmake -D save=FILE -D script=FILE -D command=FILE -D scratch=DIR -P layout.cmake
cmake_minimum_required(VERSION 3.25)
include(${command})
file(REMOVE_RECURSE ${scratch})
file(MAKE_DIRECTORY ${scratch})
execute_process(COMMAND ${save} ${scratch} COMMAND_ERROR_IS_FATAL ANY)
set(sources ${CMAKE_CURRENT_LIST_DIR}/read.cpp)
foreach(name gpt chain linear)
  execute_process(COMMAND ${CMAKE_COMMAND} -D file=${scratch}/${name}.safetensors -D name=${name} -D folder=${scratch} -P ${script}
                  COMMAND_ERROR_IS_FATAL ANY)
  list(APPEND sources ${scratch}/${name}_weights.cpp)
endforeach()
execute_process(COMMAND ${compile} -I${scratch} -I${CMAKE_CURRENT_LIST_DIR} ${sources} -o ${scratch}/read COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${scratch}/read COMMAND_ERROR_IS_FATAL ANY)
