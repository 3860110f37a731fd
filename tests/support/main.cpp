// The main function of a test program, where Catch2 does not bring one as a library.
#if defined(INLAY_SMALL_RUNNER)
#define INLAY_SMALL_RUNNER_MAIN
#elif defined(INLAY_CATCH2_NEEDS_MAIN)
#define CATCH_CONFIG_MAIN
#endif
#include "support/catch.hpp"
