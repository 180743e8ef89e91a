// Ends the program at the first violated requirement, after printing the failing run step by step.
#pragma once

namespace interleavings {

// True while the failing run is printed.
extern bool telling;
// Prints a step of the failing run.
void tell(const char* format, ...) __attribute__((format(printf, 1, 2)));

// Sets the function that repeats the current run. fail() calls it once; the run fails again, which
// ends the program.
void tell_by(void (*repeat)());

[[noreturn]] void fail(const char* promise);
inline void require(bool holds, const char* promise) {
  if (!holds) fail(promise);
}

}  // namespace interleavings
