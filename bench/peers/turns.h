#pragma once
// How the programs of one comparison take turns (C and C++). compare.py starts all of them; each describes itself in
// one line of JSON, then waits. For each line "THREADS SECONDS" that it reads it works for about that long, and answers
// with the time of one step:
//
//   {"step_seconds": 0.0123}
//
// A step is timed in blocks of at least 20 ms, so that a long and a short step are measured alike, and the fastest
// block counts.

#include <stdio.h>
#include <time.h>

static inline double turns_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// Waits for the next turn; 0 when there is none.
static inline int turns_next(int* threads, double* seconds) {
  char line[100];
  return fgets(line, sizeof line, stdin) != NULL && sscanf(line, "%d %lf", threads, seconds) == 2;
}

static inline double turns_step_seconds(void (*step)(void), double seconds) {
  const double begin = turns_now();
  step();
  const double first = turns_now() - begin;
  const int calls = first < 0.02 ? (int)(0.02 / first) + 1 : 1;
  double fastest = 1e9;
  do {
    const double start = turns_now();
    for (int i = 0; i < calls; ++i) step();
    const double mean = (turns_now() - start) / calls;
    if (mean < fastest) fastest = mean;
  } while (turns_now() - begin < seconds);
  return fastest;
}
