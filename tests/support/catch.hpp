#pragma once

// Tests include this instead of Catch2: version 3, version 2, or, where neither is packaged (cross targets), the small
// runner of this folder, which has TEST_CASE, SECTION, REQUIRE, CHECK, their _FALSE forms, INFO, CAPTURE, FAIL and
// SUCCEED.

#if defined(INLAY_SMALL_RUNNER)
#include "support/small_runner.hpp"
#elif __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#else
#include <catch2/catch.hpp>
#endif
