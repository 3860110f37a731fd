#pragma once
// The functions of a real number that a transformer needs: exp, exp_nonpositive, log, tanh, sigmoid, erf, sin, cos,
// sine_cosine. Each is one template over the batch, and a float overload that gives the same bits. Accuracy stands with
// each function.

#include <inlay/simd/error_function.hpp>
#include <inlay/simd/exponential.hpp>
#include <inlay/simd/trigonometric.hpp>
