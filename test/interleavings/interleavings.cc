// Runs one enumeration, or a share of it, and prints its counts as JSON. scripts/interleavings.js
// lists the enumerations.
//
//   interleavings [components=4] [names=5] [changes=2] [refusal=loop] [every-how] [unreduced]
//                 [share=0 shares=8]
//
// The walk under test is native/resolve.cc, which native/posix/resolver.cc and
// native/windows/resolver.cc share. They only implement its calls; here a model of a file system
// does (files.h). A guest changes the model between two calls. Exchanging two names, which only
// another process can do, counts as two changes.
#include <cstdio>

#include "compare.h"
#include "enumerate.h"

int main(int count, char** words) {
  using namespace interleavings;
  const Settings settings = read_settings(count, words);
  if (settings.unreduced) {
    const Compared compared = compare(settings);
    std::printf("{\"paths\":%lu,\"walks\":%lu,\"unreduced\":%lu,\"different\":%lu}\n", compared.paths, compared.walks,
                compared.unreduced, compared.different);
  } else {
    const Counts counts = enumerate(settings);
    std::printf("{\"paths\":%lu,\"trees\":%lu,\"walks\":%lu,\"questions\":%lu,\"longest\":%lu}\n", counts.paths, counts.trees,
                counts.walks, counts.questions, counts.longest);
  }
  return 0;
}
