# inlay_add_c_interface(NAME HEADER file... TRAINER type [GENERATOR type] [IO] [TBB])
# inlay_add_c_interface(NAME HEADER file... MODEL type [GENERATOR type] [IO] [TBB])
#
# A static library NAME with a C interface to a model, and its header NAME.h: link the library, include the header. What the
# functions do is in <inlay/inlay.h>. Part of the installed package too.
#
#   NAME       a name in C, in lower case: it begins every function (NAME_trainer_step) and, in upper case, every byte count
#              (NAME_TRAINER_BYTES). No word of C or C++ and no header of C or POSIX: signal.h beside a program would be found
#              in place of the system's
#   HEADER     C++ headers that define the types
#   TRAINER    an inlay::Trainer: training, and inference with its model
#   MODEL      inference alone
#   GENERATOR  an inlay::Generator for that model, where the usual one is not wanted
#   IO         files; links inlay::io
#   TBB        runs on threads; links inlay::tbb. Otherwise everything runs on the calling thread, and a library without IO and
#              TBB needs no C++ runtime: a linker for C is enough
#
# Options, definitions and include folders that the types need are set on NAME (target_compile_options(NAME PRIVATE ...)).
#
# In the build folder of the caller's CMakeLists.txt the library is where ARCHIVE_OUTPUT_DIRECTORY of NAME says, libNAME.a beside
# its other targets, and the header is NAME_c_interface/include/CONFIG/NAME.h. Both, and inlay/inlay.h, are installed by
#
#   install(TARGETS NAME FILE_SET HEADERS)
#
# to lib/ and include/ of the prefix, or to ARCHIVE DESTINATION and FILE_SET HEADERS DESTINATION; EXPORT works as for any library.
# A program in C then needs nothing else of inlay: cc -I PREFIX/include main.c -L PREFIX/lib -lNAME. With IO or TBB it needs
# inlay::io or inlay::tbb, an export file that includes NAME's comes after find_package(inlay), and the linker is that of C++.
#
# The byte counts are those of the target, which the build cannot run: a small library, NAME_bytes, is compiled for it, and the
# numbers are read from its file, as CMake's own check_type_size does. The library then asserts that they are its own.
function(inlay_add_c_interface name)
  set(inlay_system_headers # C11 and C23, POSIX 2024 and before, and what the C libraries of Linux, BSD and Windows have beside them
      assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdatomic stdbit
      stdbool stdckdint stddef stdint stdio stdlib stdmchar stdnoreturn string tgmath threads time uchar wchar wctype
      aio cpio devctl dirent dlfcn endian fcntl fmtmsg fnmatch ftw glob grp iconv langinfo libgen libintl monetary mqueue ndbm
      netdb nl_types poll pthread pwd regex sched search semaphore spawn strings stropts syslog tar termios trace ulimit unistd
      utime utmpx varargs wordexp
      alloca byteswap conio crypt curses direct dos elf err error execinfo fts features getopt ifaddrs intrin io libproc link
      malloc memory mntent newlib obstack paths process resolv share stdc_predef sysexits tchar thread_db ttyent utmp values
      windows)
  set(inlay_words
      alignas alignof and and_eq asm atomic_cancel atomic_commit atomic_noexcept auto bitand bitor bool break case catch char
      char8_t char16_t char32_t class compl concept const const_cast consteval constexpr constinit continue co_await co_return
      co_yield decltype default delete do double dynamic_cast else enum explicit export extern false float for friend goto if
      inline int long mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public reflexpr
      register reinterpret_cast requires restrict return short signed sizeof static static_assert static_cast struct switch
      synchronized template this thread_local throw true try typedef typeid typename typeof typeof_unqual union unsigned using
      virtual void volatile wchar_t while xor xor_eq std inlay)
  cmake_parse_arguments(PARSE_ARGV 1 c "IO;TBB" "MODEL;TRAINER;GENERATOR" "HEADER")
  if(c_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "inlay_add_c_interface(${name}): did not expect ${c_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT name MATCHES "^[a-z][a-z0-9_]*$")
    message(FATAL_ERROR "inlay_add_c_interface(${name}): the name begins functions in C; expected lower-case letters, digits and _")
  endif()
  if(name IN_LIST inlay_words)
    message(FATAL_ERROR "inlay_add_c_interface(${name}): ${name} is a word of C or C++, or inlay's own; expected another name, such as "
      "${name}_model")
  endif()
  if(name IN_LIST inlay_system_headers)
    message(FATAL_ERROR "inlay_add_c_interface(${name}): the header ${name}.h would be found in place of the system's <${name}.h>; "
      "expected another name, such as ${name}_model")
  endif()
  if(NOT c_HEADER)
    message(FATAL_ERROR "inlay_add_c_interface(${name}): HEADER is missing: the C++ header that defines the model")
  endif()
  if((c_MODEL AND c_TRAINER) OR NOT (c_MODEL OR c_TRAINER))
    message(FATAL_ERROR "inlay_add_c_interface(${name}): expected either TRAINER, whose model it takes, or MODEL, for inference alone")
  endif()
  foreach(component io tbb)
    string(TOUPPER ${component} option)
    if(c_${option} AND NOT TARGET inlay::${component})
      message(FATAL_ERROR "inlay_add_c_interface(${name}): ${option} needs inlay::${component}, which this build of inlay does not have")
    endif()
  endforeach()

  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${name}_c_interface)
  string(TOUPPER ${name} upper)
  set(trainer ::inlay::c::NoTrainer)
  set(model ${c_MODEL})
  if(c_TRAINER)
    set(trainer ${c_TRAINER})
    set(model "${c_TRAINER}::ModelType")
  endif()
  set(executor ::inlay::Serial)
  set(includes "")
  foreach(header IN LISTS c_HEADER)
    cmake_path(ABSOLUTE_PATH header BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    if(NOT EXISTS ${header})
      message(FATAL_ERROR "inlay_add_c_interface(${name}): there is no header ${header}")
    endif()
    string(APPEND includes "#include \"${header}\"\n")
  endforeach()
  string(APPEND includes "#include <inlay/c_interface.hpp>\n")
  if(c_IO)
    string(APPEND includes "#include <inlay/c/files.hpp>\n")
  endif()
  if(c_TBB)
    string(APPEND includes "#include <inlay/tbb.hpp>\n")
    set(executor ::inlay::Tbb)
  endif()
  set(arguments "${model}, ${trainer}, ${executor}")
  if(c_GENERATOR)
    string(APPEND arguments ", ${c_GENERATOR}")
  endif()
  string(APPEND includes "using ${name}_interface = ::inlay::c::Interface<${arguments}>;\n")

  # The byte counts.
  file(CONFIGURE OUTPUT ${folder}/${name}_bytes.cpp CONTENT "@includes@INLAY_BYTE_COUNTS(${name}_interface)\n" @ONLY)
  add_library(${name}_bytes STATIC ${folder}/${name}_bytes.cpp)
  target_link_libraries(${name}_bytes PRIVATE inlay::inlay)
  target_include_directories(${name}_bytes PRIVATE $<TARGET_PROPERTY:${name},INCLUDE_DIRECTORIES>)
  target_compile_definitions(${name}_bytes PRIVATE $<TARGET_PROPERTY:${name},COMPILE_DEFINITIONS>)
  target_compile_options(${name}_bytes PRIVATE $<TARGET_PROPERTY:${name},COMPILE_OPTIONS>)
  # The file has to hold the numbers as they are, not code for a linker that compiles.
  set_target_properties(${name}_bytes PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF EXCLUDE_FROM_ALL ON)
  if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
    target_compile_options(${name}_bytes PRIVATE -fno-lto)
  endif()
  set(header ${folder}/include/$<CONFIG>/${name}.h)
  set(script ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/InlayCInterfaceHeader.cmake)
  add_custom_command(OUTPUT ${header}
                     COMMAND ${CMAKE_COMMAND} -D library=$<TARGET_FILE:${name}_bytes> -D name=${name} -D output=${header} -D io=${c_IO}
                             -D threads=${c_TBB} -P ${script}
                     DEPENDS ${name}_bytes ${script}
                     COMMENT "Writing ${name}.h" VERBATIM)

  # The functions. Which of them there are is known when the header is.
  set(definitions "")
  foreach(part PREDICTOR GENERATOR TRAINER CHECKPOINT)
    string(TOLOWER ${part} field)
    string(APPEND definitions "#if defined(${upper}_${part}_BYTES)
static_assert(${upper}_${part}_BYTES == ${name}_interface::description.${field}_bytes, \"inlay: ${name}.h is not of this build\");
#endif
")
  endforeach()
  file(CONFIGURE OUTPUT ${folder}/${name}.cpp CONTENT [[
@includes@#include "@name@.h"

@definitions@static_assert(@upper@_WEIGHTS_BYTES == @name@_interface::description.weights_bytes, "inlay: @name@.h is not of this build");
INLAY_DEFINE_MODEL(@name@, @name@_interface)
INLAY_DEFINE_PREDICTOR(@name@, @name@_interface)
#if defined(@upper@_GENERATOR_BYTES)
INLAY_DEFINE_GENERATOR(@name@, @name@_interface)
#endif
#if defined(@upper@_TRAINER_BYTES)
INLAY_DEFINE_TRAINER(@name@, @name@_interface)
INLAY_DEFINE_PREDICTOR_OF_TRAINER(@name@, @name@_interface)
#endif
#if defined(@upper@_TRAINER_BYTES) && defined(@upper@_GENERATOR_BYTES)
INLAY_DEFINE_GENERATOR_OF_TRAINER(@name@, @name@_interface)
#endif
#if defined(@upper@_HAS_FILES)
INLAY_DEFINE_WEIGHTS_FILES(@name@, @name@_interface)
#if defined(@upper@_TRAINER_BYTES)
INLAY_DEFINE_TRAINER_FILES(@name@, @name@_interface)
#endif
#endif
#if defined(@upper@_HAS_THREADS)
INLAY_DEFINE_PREDICTOR_THREADS(@name@, @name@_interface)
#if defined(@upper@_GENERATOR_BYTES)
INLAY_DEFINE_GENERATOR_THREADS(@name@, @name@_interface)
#endif
#if defined(@upper@_TRAINER_BYTES)
INLAY_DEFINE_TRAINER_THREADS(@name@, @name@_interface)
#endif
#endif
]] @ONLY)
  add_library(${name} STATIC ${folder}/${name}.cpp ${header})
  # Only headers are public: an option for C++ must not reach a caller in C. What is installed links nothing of inlay::inlay.
  target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:inlay::inlay>)
  inlay_folder_of_headers(headers)
  target_sources(${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${folder}/include/$<CONFIG> ${headers}
                                FILES ${header} ${headers}/inlay/inlay.h)
  # For plug-ins. Without an operating system nobody would fill the table that such code reads addresses from.
  get_property(has_shared_libraries GLOBAL PROPERTY TARGET_SUPPORTS_SHARED_LIBS)
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ${has_shared_libraries})
  if(c_IO)
    target_link_libraries(${name} PRIVATE inlay::io)
  endif()
  if(c_TBB)
    target_link_libraries(${name} PRIVATE inlay::tbb)
  endif()
  if(NOT c_IO AND NOT c_TBB AND CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
    target_compile_options(${name} PRIVATE -fno-exceptions -fno-rtti -ffunction-sections -fdata-sections)
  endif()
endfunction()

# The folder that inlay/inlay.h is in: of the sources, or of the installed package.
function(inlay_folder_of_headers variable)
  get_target_property(folders inlay::inlay INTERFACE_INCLUDE_DIRECTORIES)
  foreach(folder IN LISTS folders)
    string(REGEX REPLACE "^\\$<BUILD_INTERFACE:(.*)>$" "\\1" folder "${folder}")
    if(EXISTS ${folder}/inlay/inlay.h)
      set(${variable} ${folder} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  message(FATAL_ERROR "inlay: none of the include folders of inlay::inlay, ${folders}, has inlay/inlay.h; install inlay anew")
endfunction()
