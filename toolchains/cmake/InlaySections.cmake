# section_size(SECTION RESULT): how many bytes a section has, by what `objdump -h` said in ${headers}; 0 where there is none.
function(section_size section result)
  if(headers MATCHES " \\${section} +([0-9a-f]+)")
    math(EXPR size "0x${CMAKE_MATCH_1}")
  else()
    set(size 0)
  endif()
  set(${result} ${size} PARENT_SCOPE)
endfunction()
