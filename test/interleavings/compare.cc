// Collects the questions and answers of all walks, with the names in the order of first use.
#include "compare.h"

#include <cstring>
#include <set>

#include "enumerate.h"
#include "failure.h"
#include "lazy.h"
#include "unreduced.h"

namespace interleavings {
namespace {

using Transcripts = std::set<std::string>;

// Renames a transcript, whose questions are `a=answer ` or `a!answer `. Only names and targets are
// single letters.
std::string rename(const Path& path, const std::string& transcript) {
  std::string letters;
  for (unsigned name = 0; name < path.letters; ++name) letters += letter(static_cast<Name>(name));
  std::string renamed = transcript;
  for (std::size_t at = 0; at < renamed.size(); ++at) {
    const bool begins = at == 0 || std::strchr("=! ", renamed[at - 1]) != nullptr;
    const bool ends = std::strchr("=! ", renamed[at + 1]) != nullptr;
    if (!begins || !ends || renamed[at] < 'a') continue;
    std::size_t place = letters.find(renamed[at]);
    if (place == std::string::npos) {
      place = letters.size();
      letters += renamed[at];
    }
    renamed[at] = letter(static_cast<Name>(place));
  }
  return renamed;
}

void begin(Lazy& files, const Path& path) { files.begin(path.letters); }
void begin(Unreduced& files, const Path&) { files.begin(); }

template <typename Kind>
Transcripts transcripts_of(const Settings& settings, const Path& path, unsigned how, unsigned long& walks) {
  Transcripts transcripts;
  Kind files(settings.bounds);
  Walk walk(files, settings.host);
  do {
    ++walks;
    ResolvedParent resolved;
    std::string transcript;
    begin(files, path);
    const Answer answer = walk.resolve(path, how, resolved, &transcript);
    walk.finish(answer, resolved);
    transcripts.insert(rename(path, transcript));
  } while (files.next());
  return transcripts;
}

void require_all(const Transcripts& of, const Transcripts& in, const Path& path, const char* promise) {
  for (const std::string& transcript : of)
    if (in.count(transcript) == 0) {
      tell("path %s: %s", path.text.c_str(), transcript.c_str());
      fail(promise);
    }
}

}  // namespace

Compared compare(const Settings& settings) {
  Compared compared;
  const std::vector<Path> paths = paths_of(settings.components);
  for (std::size_t index = settings.share; index < paths.size(); index += settings.shares) {
    const Path& path = paths[index];
    ++compared.paths;
    for (const unsigned how : hows_of(path, settings.every_how)) {
      const Transcripts lazy = transcripts_of<Lazy>(settings, path, how, compared.walks);
      const Transcripts all = transcripts_of<Unreduced>(settings, path, how, compared.unreduced);
      require_all(all, lazy, path, "the reduced enumeration has every walk of the unreduced one");
      require_all(lazy, all, path, "the unreduced enumeration has every walk of the reduced one");
      compared.different += lazy.size();
    }
  }
  return compared;
}

}  // namespace interleavings
