// Prints the failure, and the run that led to it.
#include "failure.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>

namespace interleavings {
namespace {

void (*repeat_run)() = nullptr;

}  // namespace

bool telling = false;

void tell(const char* format, ...) {
  std::va_list values;
  va_start(values, format);
  std::vfprintf(stderr, format, values);
  va_end(values);
  std::fputc('\n', stderr);
}

void tell_by(void (*repeat)()) { repeat_run = repeat; }

void fail(const char* promise) {
  if (!telling && repeat_run != nullptr) {
    telling = true;
    repeat_run();
  }
  tell("does not hold: %s", promise);
  // Neither resolve() nor its stack of directories can continue from here.
  std::_Exit(1);
}

}  // namespace interleavings
