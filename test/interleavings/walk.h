// Runs resolve() on a model of files: answers its questions as a kernel does, and checks each
// requirement of resolve.h.
#pragma once
#include <string>

#include "files.h"
#include "paths.h"
#include "resolve.h"

namespace interleavings {

using wasi_common::Answer;
using wasi_common::Errno;
using wasi_common::ResolvedParent;

struct Host {
  Errno refusal;       // entering a symlink: NOTDIR on Linux, LOOP or MLINK on the BSDs, LOOP on Windows
  unsigned links;      // max_links of the walk, which may be compiled with fewer than resolve.h has
  bool follows_links;  // a wrong host: it enters symlinks, as openat() does without O_NOFOLLOW
  bool takes_paths;    // a trusting host: it answers questions about `..` or `a/b`, and only entering `outside` is a failure
};

class Walk final : public wasi_common::Tree {
 public:
  Walk(Files& files, const Host& host) : files_(files), host_(host) {}
  // Resolves a path. `transcript` receives questions and answers.
  Answer resolve(const Path& path, unsigned how, ResolvedParent& resolved, std::string* transcript = nullptr);
  // Checks the result and leaves the directory of the resolved parent.
  void finish(Answer answer, const ResolvedParent& resolved);

  // The directory of an open descriptor.
  Node at(wasi_common::Directory directory) const;
  unsigned questions() const { return questions_; }
  unsigned most_links() const { return host_.links; }

  Answer enter(wasi_common::Directory in, const char* name) override;
  Answer read_link(wasi_common::Directory in, const char* name, char* into, std::size_t room) override;
  void leave(wasi_common::Directory directory) override;

 private:
  Node ask(const char* what, wasi_common::Directory in, const char* name);
  Content find(Node in, const char* path, unsigned links);
  Answer reply(const char* name, Answer answer, const char* meaning);

  static constexpr unsigned most_opened = 256;
  static constexpr wasi_common::Directory root_directory = 0;
  Files& files_;
  const Host host_;
  Node nodes_[most_opened];
  bool open_[most_opened];
  unsigned opened_ = 0;
  unsigned left_ = 0;
  unsigned questions_ = 0;
  unsigned most_questions_ = 0;
  std::string* transcript_ = nullptr;
};

}  // namespace interleavings
