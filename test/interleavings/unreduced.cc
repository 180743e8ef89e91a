// Builds trees, and changes them as system calls do.
#include "unreduced.h"

namespace interleavings {

void Unreduced::begin() {
  changes_ = 0;
  nodes_ = 2;
  directories_[outside] = directories_[root] = {{}, outside, false};
  unsigned names = bounds_.names;
  // `nodes_` grows as directories are made.
  for (unsigned node = root; node < nodes_; ++node)
    for (unsigned name = 0; name < bounds_.letters; ++name) {
      Content& entry = directories_[node].entries[name];
      entry = {Content::absent, {0}};
      const Way way = choices_.pick([&](std::vector<Way>& ways) {
        ways.push_back({Way::nothing, root, 0, {}, root, 0});
        if (names > 0) offer_made(ways, static_cast<Node>(node), static_cast<Name>(name));
      });
      if (way.does == Way::nothing) continue;
      --names;
      apply(way);
    }
}

Content Unreduced::look(Node in, Name name, Looks) {
  while (changes_ < bounds_.changes && change()) ++changes_;
  return directories_[in].entries[name];
}

// False if the guest chooses to change nothing.
bool Unreduced::change() {
  const Way way = choices_.pick([&](std::vector<Way>& ways) {
    ways.push_back({Way::nothing, root, 0, {}, root, 0});
    for (unsigned node = root; node < nodes_; ++node)
      for (unsigned name = 0; name < bounds_.letters && !directories_[node].removed; ++name)
        offer_changes(ways, static_cast<Node>(node), static_cast<Name>(name));
  });
  apply(way);
  return way.does != Way::nothing;
}

void Unreduced::offer_changes(std::vector<Way>& ways, Node in, Name name) const {
  const Content& entry = directories_[in].entries[name];
  if (entry.kind == Content::absent) return offer_made(ways, in, name);
  if (entry.kind != Content::directory || empty(entry.node)) ways.push_back({Way::remove, in, name, {}, root, 0});
  offer_renames(ways, in, name);
}

void Unreduced::offer_made(std::vector<Way>& ways, Node in, Name name) const {
  const auto offer = [&](Content::Kind kind, Target target) { ways.push_back({Way::make, in, name, {kind, {target}}, root, 0}); };
  offer(Content::directory, 0);
  offer(Content::file, 0);
  for (unsigned target = 0; target < first_name + bounds_.letters; ++target) offer(Content::link, static_cast<Target>(target));
}

void Unreduced::offer_renames(std::vector<Way>& ways, Node in, Name name) const {
  const Content& what = directories_[in].entries[name];
  const bool directory = what.kind == Content::directory;
  for (unsigned to = root; to < nodes_; ++to) {
    if (directories_[to].removed || (directory && beneath(static_cast<Node>(to), what.node))) continue;
    for (unsigned as = 0; as < bounds_.letters; ++as) {
      const Content& there = directories_[to].entries[as];
      const bool fits = there.kind == Content::absent ||
                        (directory ? there.kind == Content::directory && empty(there.node) : there.kind != Content::directory);
      if (fits && &there != &what) ways.push_back({Way::rename, in, name, {}, static_cast<Node>(to), static_cast<Name>(as)});
    }
  }
}

void Unreduced::apply(const Way& way) {
  Content& entry = directories_[way.in].entries[way.name];
  switch (way.does) {
    case Way::nothing: return;
    case Way::make:
      entry = way.what;
      if (entry.kind == Content::directory) {
        require(nodes_ < max_nodes, "there is room for all directories");
        entry.node = static_cast<Node>(nodes_++);
        directories_[entry.node] = {{}, way.in, false};
        for (Content& inside : directories_[entry.node].entries) inside.kind = Content::absent;
      }
      return;
    case Way::remove: return remove(entry);
    case Way::rename: {
      Content& there = directories_[way.to].entries[way.as];
      remove(there);
      there = entry;
      entry = {Content::absent, {0}};
      if (there.kind == Content::directory) directories_[there.node].parent = way.to;
    }
  }
}

void Unreduced::remove(Content& entry) {
  if (entry.kind == Content::directory) directories_[entry.node].removed = true;
  entry = {Content::absent, {0}};
}

bool Unreduced::empty(Node node) const {
  for (unsigned name = 0; name < bounds_.letters; ++name)
    if (directories_[node].entries[name].kind != Content::absent) return false;
  return true;
}

bool Unreduced::beneath(Node node, Node above) const {
  while (node != above && node != root) node = directories_[node].parent;
  return node == above;
}

}  // namespace interleavings
