// Ends the program at the first promise that is broken, after telling the failing run step by step.
#pragma once

namespace interleavings {

// Set while the failing run is told.
extern bool telling;
// Prints a step of it.
void tell(const char* format, ...) __attribute__((format(printf, 1, 2)));

// Repeats the run that is under way. Called once, by fail(); the run fails again, which ends the program.
void tell_by(void (*repeat)());

[[noreturn]] void fail(const char* promise);
inline void require(bool holds, const char* promise) {
  if (!holds) fail(promise);
}

}  // namespace interleavings
