// Repeats each walk until all runs of its files are enumerated.
#include "enumerate.h"

#include <algorithm>

#include "failure.h"
#include "lazy.h"
#include "reference.h"

namespace interleavings {
namespace {

class Run {
 public:
  Run(Lazy& files, Walk& walk, const Path& path, unsigned how, Counts& counts)
      : files_(files), walk_(walk), path_(path), how_(how), counts_(counts) {}

  void once() {
    ResolvedParent resolved;
    files_.begin(path_.letters);
    const Answer answer = walk_.resolve(path_, how_, resolved);
    ++counts_.walks;
    counts_.questions += walk_.questions();
    counts_.longest = std::max<unsigned long>(counts_.longest, walk_.questions());
    if (files_.changes() == 0) {
      ++counts_.trees;
      files_.freeze();
      compare_with_reference(files_, path_, how_, walk_, answer, resolved);
    }
    walk_.finish(answer, resolved);
  }
  void all() {
    under_way = this;
    do once();
    while (files_.next());
  }
  static void repeat() {
    under_way->files_.repeat();
    under_way->once();
  }

 private:
  static Run* under_way;
  Lazy& files_;
  Walk& walk_;
  const Path& path_;
  const unsigned how_;
  Counts& counts_;
};
Run* Run::under_way = nullptr;

}  // namespace

Counts enumerate(const Settings& settings) {
  // Each name of the tree, and each that the guest adds, may bring its own letter.
  require(settings.components + settings.bounds.names + settings.bounds.changes <= settings.bounds.letters,
          "there is a letter for every name");
  Counts counts;
  Lazy files(settings.bounds);
  Walk walk(files, settings.host);
  tell_by(Run::repeat);
  const std::vector<Path> paths = paths_of(settings.components);
  for (std::size_t index = settings.share; index < paths.size(); index += settings.shares) {
    ++counts.paths;
    for (const unsigned how : hows_of(paths[index], settings.every_how)) Run(files, walk, paths[index], how, counts).all();
  }
  return counts;
}

std::vector<unsigned> hows_of(const Path& path, bool every) {
  using namespace wasi_common;
  if (every) return {keep, follow, enter, follow | enter};
  // A trailing slash makes `follow` meaningless, and its absence makes `enter` so. With `keep`, the
  // slash only sets a flag of the resolved parent.
  if (path.text.back() == '/') return {follow | enter};
  return {keep, follow | enter};
}

}  // namespace interleavings
