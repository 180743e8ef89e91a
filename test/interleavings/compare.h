// Requires that walks get the same results in lazy.h as in unreduced.h, which has no reductions.
#pragma once
#include "settings.h"

namespace interleavings {

struct Compared {
  unsigned long paths = 0;
  unsigned long walks = 0;      // in lazy.h
  unsigned long unreduced = 0;  // in unreduced.h
  unsigned long different = 0;  // sequences of questions and answers, found in both
};

Compared compare(const Settings& settings);

}  // namespace interleavings
