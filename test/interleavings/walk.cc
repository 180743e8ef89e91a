// Answers the questions of a walk, and checks them.
#include "walk.h"

#include <algorithm>
#include <cstring>

#include "failure.h"

namespace interleavings {

using namespace wasi_common;

namespace {

bool is_letter(const char* name) { return name[0] >= 'a' && name[1] == '\0'; }
bool is_single_name(const char* name) {
  return name[0] != '\0' && std::strcmp(name, ".") != 0 && std::strcmp(name, "..") != 0 && std::strchr(name, '/') == nullptr;
}

}  // namespace

Answer Walk::resolve(const Path& path, unsigned how, ResolvedParent& resolved, std::string* transcript) {
  if (telling) tell("path %s, how %u", path.text.c_str(), how);
  nodes_[root_directory] = root;
  open_[root_directory] = true;
  opened_ = 1;
  left_ = questions_ = 0;
  // Each name has at most two questions: to enter it, and to read it. The path has as many names as
  // components, and each followed target has at most one.
  most_questions_ = 2 * (path.components + host_.links);
  transcript_ = transcript;
  return wasi_common::resolve(*this, root_directory, path.text.data(), path.text.size(), how, resolved);
}

Node Walk::at(Directory directory) const {
  require(directory >= 0 && directory < static_cast<Directory>(opened_), "a directory is one that the walk entered");
  require(open_[directory], "a directory is not used after it was left");
  return nodes_[directory];
}

Node Walk::ask(const char* what, Directory in, const char* name) {
  if (telling) tell("%s %s in directory %d", what, name, static_cast<int>(in));
  require(++questions_ <= most_questions_, "the number of questions is bounded");
  require(is_letter(name) || is_single_name(name) || host_.takes_paths,
          "the host is asked for single names only, never for `..`");
  return at(in);
}

Answer Walk::enter(Directory in, const char* name) {
  const Node base = ask("enter", in, name);
  const Looks looks = host_.refusal == Errno::NotDir ? Looks::for_directory : Looks::for_kind;
  const bool simple = is_letter(name) && !host_.follows_links;
  const Content found = simple ? files_.look(base, name_of(name[0]), looks) : find(base, name, 0);
  switch (found.kind) {
    case Content::directory:
      require(found.node != outside, "no directory outside the root is entered");
      require(opened_ < most_opened, "the number of directories is bounded");
      nodes_[opened_] = found.node;
      open_[opened_] = true;
      return reply(name, opened_++, "directory");
    case Content::absent: return reply(name, refuse(Errno::NoEnt), "absent");
    case Content::link: return reply(name, refuse(host_.refusal), looks == Looks::for_directory ? "no directory" : "a link");
    default: return reply(name, refuse(Errno::NotDir), "no directory");
  }
}

Answer Walk::read_link(Directory in, const char* name, char* into, std::size_t room) {
  const Node base = ask("read_link", in, name);
  require(is_letter(name), "a link to be read has a name");
  const Content found = files_.look(base, name_of(name[0]), Looks::for_target);
  if (found.kind == Content::absent) return reply(name, refuse(Errno::NoEnt), "absent");
  if (found.kind != Content::link) return reply(name, refuse(Errno::Inval), "no link");
  const char* const target = spell(found.target);
  const std::size_t size = std::min(std::strlen(target), room);
  std::copy_n(target, size, into);
  return reply(name, static_cast<Answer>(size), target);
}

void Walk::leave(Directory directory) {
  if (telling) tell("leave directory %d", static_cast<int>(directory));
  at(directory);
  require(directory != root_directory, "the root is not left");
  open_[directory] = false;
  ++left_;
}

Answer Walk::reply(const char* name, Answer answer, const char* meaning) {
  if (telling) tell("  %s; changes so far: %u", meaning, files_.changes());
  if (transcript_ != nullptr) *transcript_ += std::string(name) + (answer < 0 ? '!' : '=') + meaning + ' ';
  return answer;
}

// Follows a path as a kernel does. Only wrong hosts and wrong walks get here.
Content Walk::find(Node in, const char* path, unsigned links) {
  Content at{Content::directory, {path[0] == '/' ? outside : in}};
  while (*path != '\0') {
    const std::size_t size = std::strcspn(path, "/");
    const std::string name(path, size);
    path += size;
    path += std::strspn(path, "/");
    if (at.kind != Content::directory) return {Content::file, {0}};
    if (at.node == outside) return at;
    if (name.empty() || name == ".") continue;
    const Node base = at.node;
    if (name == "..")
      at.node = files_.parent(base);
    else
      at = files_.look(base, name_of(name[0]), Looks::for_target);
    if (at.kind == Content::absent) return at;
    if (at.kind == Content::link && (*path != '\0' || host_.follows_links)) {
      if (links == host_.links) return at;
      at = find(base, spell(at.target), links + 1);
    }
  }
  return at;
}

void Walk::finish(Answer answer, const ResolvedParent& resolved) {
  if (telling) tell("the walk answers %d", static_cast<int>(answer));
  if (answer == 0) {
    if (telling) tell("name %s in directory %d", resolved.name, static_cast<int>(resolved.directory));
    require(at(resolved.directory) != outside, "the directory of the resolved parent lies beneath the root");
    require(std::memchr(resolved.name, '\0', sizeof(resolved.name)) != nullptr, "the name in the resolved parent ends");
    const bool here = std::strcmp(resolved.name, ".") == 0;
    require(here || is_single_name(resolved.name), "the name in the resolved parent is a single name, or `.`");
    require(resolved.owned == (resolved.directory != root_directory),
            "the resolved parent owns its directory unless that is the root");
    require(!resolved.must_be_directory || !here, "`.` is a directory");
    require(!resolved.up || here, "a path that ends in `..` ends at `.`");
    if (resolved.owned) leave(resolved.directory);
  } else {
    constexpr Errno documented[] = {Errno::NoEnt, Errno::NotDir, Errno::Loop, Errno::Mlink, Errno::NotCapable};
    const auto is = [answer](Errno error) { return answer == refuse(error); };
    require(std::any_of(std::begin(documented), std::end(documented), is), "an error is one of those that a walk gives");
  }
  require(left_ + 1 == opened_, "each directory that was entered is left once");
}

}  // namespace interleavings
