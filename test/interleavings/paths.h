// Enumerates paths: every sequence of `.`, `..` and names, up to renaming.
#pragma once
#include <string>
#include <vector>

namespace interleavings {

struct Path {
  std::string text;
  unsigned components;
  unsigned letters;  // a, b, c ... in the order of first use
};

// Paths with and without a trailing slash. Absolute paths have a single component, because a walk
// may not look at more.
std::vector<Path> paths_of(unsigned most_components);

}  // namespace interleavings
