// Runs resolve() on every path, tree and sequence of changes within bounds.
#pragma once
#include "settings.h"

namespace interleavings {

struct Counts {
  unsigned long paths = 0;
  unsigned long trees = 0;  // walks without a change: trees that a walk can distinguish, for each path
  unsigned long walks = 0;
  unsigned long questions = 0;
  unsigned long longest = 0;  // the questions of the longest walk
};

Counts enumerate(const Settings& settings);

// The distinct ways to treat the last name of a path, or every way.
std::vector<unsigned> hows_of(const Path& path, bool every);

}  // namespace interleavings
