# INLAY_VERSION, read from include/inlay/version.hpp, the one place where it is written.
set(inlay_version_header ${CMAKE_CURRENT_LIST_DIR}/../../include/inlay/version.hpp)
file(STRINGS ${inlay_version_header} inlay_version_lines REGEX "#define INLAY_VERSION_(MAJOR|MINOR|PATCH) ")
list(TRANSFORM inlay_version_lines REPLACE "[^0-9]" "")
list(JOIN inlay_version_lines "." INLAY_VERSION)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${inlay_version_header})
