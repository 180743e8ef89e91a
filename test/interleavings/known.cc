// Keeps directories, their parents, and the contents that the guest has set aside.
#include "known.h"

#include <cstring>

#include "failure.h"

namespace interleavings {

void Known::begin(const Bounds& bounds, unsigned path_letters) {
  letters = path_letters;
  names_left = bounds.names;
  changes_left = bounds.changes;
  changes = question = 0;
  nodes_ = moves_ = 0;
  add(outside, false);
  add(outside, false);
}

void Known::copy(const Known& other) {
  letters = other.letters;
  names_left = other.names_left;
  changes_left = other.changes_left;
  changes = other.changes;
  question = other.question;
  moves_ = other.moves_;
  nodes_ = other.nodes_;
  std::memcpy(moved_, other.moved_, moves_ * sizeof(Moved));
  std::memcpy(directories_, other.directories_, nodes_ * sizeof(Directory));
}

Node Known::add(Node parent, bool listed) {
  require(nodes_ < max_nodes, "there is room for all directories");
  Directory& made = directories_[nodes_];
  std::memset(&made, 0, sizeof(made));
  made.parent = parent;
  made.listed = listed;
  made.since = question;
  return nodes_++;
}

void Known::put(const Content& what, Node in, Place& place) {
  if (place.now.kind == Content::directory) at(place.now.node).dead = true;
  place.now = what;
  if (what.kind == Content::directory) at(what.node).parent = in;
}

void Known::set_aside(Place& place) {
  require(moves_ < max_moves, "there is room for all that the guest moves");
  moved_[moves_++] = {place.now, question};
  if (place.now.kind == Content::directory) at(place.now.node).parent = nowhere;
  place.now = {Content::absent, {0}};
}

void Known::set_aside(Node node) {
  for (Place& place : at(at(node).parent).places)
    if (place.now.kind == Content::directory && place.now.node == node) {
      place.seen = place.read = question;
      return set_aside(place);
    }
  fail("a directory has an entry");
}

Content Known::take(unsigned index) {
  const Content taken = moved_[index].what;
  moved_[index] = moved_[--moves_];
  return taken;
}

bool Known::beneath(Node node, Node above) const {
  while (node != above && node > root && node != nowhere) node = at(node).parent;
  return node == above;
}

bool Known::gives_way(const Content& now, const Content& by) const {
  if (!present(now)) return true;
  if (by.kind == Content::directory) return now.kind == Content::directory && empty(now.node);
  return leaf(now);
}

bool Known::empty(Node node) const {
  for (const Place& place : at(node).places)
    if (present(place.now)) return false;
  return true;
}

}  // namespace interleavings
