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

static inline double turns_now(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// Waits for the next turn; 0 when there is none.
static inline int turns_next(int* threads, double* seconds) {
  char line[100];
  return fgets(line, sizeof line, stdin) != NULL && sscanf(line, "%d %lf", threads, seconds) == 2;
}

static inline double turns_step_seconds(void (*step)(void), int threads, double seconds) {
  const clockid_t clock = threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC;
  const double begin = turns_now(CLOCK_MONOTONIC), warm_up = turns_now(clock);
  step();
  const double first = turns_now(clock) - warm_up;
  const int calls = first < 0.02 ? (int)(0.02 / first) + 1 : 1;
  double fastest = first < 0.5 ? 1e9 : first;
  while (fastest == 1e9 || turns_now(CLOCK_MONOTONIC) - begin < seconds) {
    const double start = turns_now(clock);
    for (int i = 0; i < calls; ++i) step();
    const double mean = (turns_now(clock) - start) / calls;
    if (mean < fastest) fastest = mean;
  }
  return fastest;
}
