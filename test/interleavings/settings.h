// Reads the bounds of an enumeration from the command line: words such as `names=5`.
#pragma once
#include "files.h"
#include "walk.h"

namespace interleavings {

struct Settings {
  unsigned components = 4;  // of a path, at most
  Bounds bounds{5, 2, max_letters};
  Host host{Errno::NotDir, wasi_common::max_links, false, false};
  bool every_how = false;  // by default only the three distinct ways to treat the last name
  bool unreduced = false;  // by unreduced.h, and compared with lazy.h
  unsigned share = 0;      // of the paths
  unsigned shares = 1;
};

Settings read_settings(int count, const char* const* words);

}  // namespace interleavings
