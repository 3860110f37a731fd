# cmake -D source=DIR -D build=DIR -D compiler=FILE -D c_compiler=FILE -D generator=NAME -P run.cmake
# Installs what was built into an empty prefix and builds the consumer on it; then once more by add_subdirectory. Runs both.
# Then the consumer's own library of the C interface is installed, and a program in C is built with that prefix alone: by a bare
# compiler command, and by CMake in a project without C++.
cmake_minimum_required(VERSION 3.25)
set(scratch ${build}/consumer)
file(REMOVE_RECURSE ${scratch})

function(step)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${ARGN}\nfailed:\n${output}")
  endif()
endfunction()

function(build_and_run name)
  step(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${scratch}/${name} -G ${generator} -D CMAKE_CXX_COMPILER=${compiler} -D CMAKE_C_COMPILER=${c_compiler}
       -D CONSUMER_WEIGHTS=${source}/examples/firmware/writer/shakespeare.safetensors ${ARGN})
  step(${CMAKE_COMMAND} --build ${scratch}/${name} --target consumer consumer_c plain)
  step(${scratch}/${name}/consumer)
  step(${scratch}/${name}/consumer_c)

  set(prefix ${scratch}/${name}_prefix)
  step(${CMAKE_COMMAND} --install ${scratch}/${name} --component plain --prefix ${prefix})
  step(${c_compiler} -std=c11 -pedantic-errors -I ${prefix}/include ${CMAKE_CURRENT_LIST_DIR}/plain/main.c -L ${prefix}/lib -lplain
       -o ${prefix}/plain)
  step(${prefix}/plain)
  step(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/plain -B ${scratch}/${name}_plain -G ${generator}
       -D CMAKE_C_COMPILER=${c_compiler} -D PLAIN_PREFIX=${prefix})
  step(${CMAKE_COMMAND} --build ${scratch}/${name}_plain)
  step(${scratch}/${name}_plain/plain_user)
endfunction()

step(${CMAKE_COMMAND} --install ${build} --prefix ${scratch}/prefix)
set(components)
foreach(component tbb io)
  file(GLOB library ${scratch}/prefix/lib*/libinlay_${component}.a ${scratch}/prefix/lib*/*/libinlay_${component}.a)
  if(library)
    string(TOUPPER ${component} upper)
    list(APPEND components -D CONSUMER_${upper}=ON)
  endif()
endforeach()
build_and_run(found -D CMAKE_BUILD_TYPE=Release -D CMAKE_PREFIX_PATH=${scratch}/prefix ${components})
build_and_run(added -D CMAKE_BUILD_TYPE=Debug -D CONSUMER_SOURCE=${source} ${components})

# The package must not name the folders that it was built from.
file(GLOB_RECURSE package ${scratch}/prefix/*.cmake ${scratch}/*_prefix/*.cmake)
foreach(file IN LISTS package)
  file(READ ${file} text)
  foreach(folder ${source}/include ${build})
    string(FIND "${text}" ${folder} position)
    if(position GREATER_EQUAL 0)
      message(FATAL_ERROR "${file} names ${folder}")
    endif()
  endforeach()
endforeach()
