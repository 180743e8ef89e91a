// Enumerates paths: every sequence of `.`, `..` and names, up to renaming.
#pragma once
#include <string>
#include <vector>

namespace interleavings {

struct Path {
  std::string text;
  unsigned components;
  unsigned letters;  // a, b, c ... in the order in which they come up
};

// With a slash at the end and without; absolute ones of a single component only, which is all that a walk may look at.
std::vector<Path> paths_of(unsigned most_components);

}  // namespace interleavings
