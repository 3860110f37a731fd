#define INLAY_SMALL_RUNNER_MAIN
#include "support/catch.hpp"
