// Keeps the names still to be walked in a list, and puts the target of a symlink at its front.
#include "reference.h"

#include <vector>

#include "failure.h"

namespace interleavings {
namespace {

using namespace wasi_common;
using Names = std::vector<std::string>;

Names split(const std::string& path) {
  Names names(1);
  for (const char letter : path)
    if (letter == '/')
      names.emplace_back();
    else
      names.back() += letter;
  return names;
}

struct End {
  Answer answer;
  Node directory;
  std::string name;
  bool must_be_directory;
  bool up;
};

End refused(Errno error) { return {refuse(error), root, "", false, false}; }

End follow_names(Files& files, const std::string& path, unsigned how, unsigned most_links) {
  if (path[0] == '/') return refused(Errno::NotCapable);
  Names names = split(path);
  // A trailing slash leaves an empty name.
  const bool slash = names.back().empty();
  if (slash) names.pop_back();
  const bool enters_last = slash && (how & enter) != 0;
  const bool follows_last = enters_last || (!slash && (how & follow) != 0);
  std::vector<Node> directories{root};
  bool up = false;
  for (unsigned links = 0; !names.empty();) {
    const std::string name = names.front();
    names.erase(names.begin());
    const bool last = names.empty();
    up = name == "..";
    if (name == ".") continue;
    if (up) {
      directories.pop_back();
      if (directories.empty()) return refused(Errno::NotCapable);
      continue;
    }
    if (last && !follows_last) return {0, directories.back(), name, slash, false};
    const Content found = files.look(directories.back(), name_of(name[0]), Looks::for_target);
    if (found.kind == Content::link) {
      if (++links > most_links) return refused(Errno::Loop);
      const std::string target = spell(found.target);
      if (target[0] == '/') return refused(Errno::NotCapable);
      const Names more = split(target);
      names.insert(names.begin(), more.begin(), more.end());
    } else if (last && !enters_last) {
      return {0, directories.back(), name, false, false};
    } else if (found.kind == Content::directory) {
      directories.push_back(found.node);
    } else {
      return refused(found.kind == Content::absent ? Errno::NoEnt : Errno::NotDir);
    }
  }
  return {0, directories.back(), ".", false, up};
}

}  // namespace

void compare_with_reference(Files& files, const Path& path, unsigned how, const Walk& walk, Answer answer,
                            const ResolvedParent& resolved) {
  const End end = follow_names(files, path.text, how, walk.most_links());
  if (telling) tell("the reference answers %d: name %s", static_cast<int>(end.answer), end.name.c_str());
  require(answer == end.answer, "without changes, the walk answers as the reference does");
  if (answer != 0) return;
  require(walk.at(resolved.directory) == end.directory, "without changes, the walk ends in the directory of the reference");
  require(resolved.name == end.name, "without changes, the walk ends at the name of the reference");
  require(resolved.must_be_directory == end.must_be_directory,
          "without changes, the walk requires a directory as the reference does");
  require(resolved.up == end.up, "without changes, the walk notes a last `..` as the reference does");
}

}  // namespace interleavings
