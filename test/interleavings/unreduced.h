// Enumerates every tree and every change to it separately. Small bounds only: it shows that lazy.h
// omits nothing.
//
// A run chooses the whole tree first. Before each question the guest makes any of its remaining
// changes. It creates files, symlinks and directories, removes, and renames, anywhere beneath the
// root, seen by the walk or not.
#pragma once
#include "choices.h"
#include "files.h"

namespace interleavings {

class Unreduced final : public Files {
 public:
  explicit Unreduced(const Bounds& bounds) : bounds_(bounds) {}
  void begin();
  bool next() { return choices_.next(); }
  void repeat() { choices_.repeat(); }

  Content look(Node in, Name name, Looks looks) override;
  Node parent(Node of) override { return directories_[of].parent; }
  unsigned changes() const override { return changes_; }

 private:
  struct Directory {
    Content entries[max_letters];
    Node parent;
    bool removed;
  };
  struct Way {
    enum Does : std::uint8_t { nothing, make, remove, rename } does;
    Node in;
    Name name;
    Content what;  // make
    Node to;       // rename
    Name as;       // rename
  };

  bool change();
  void offer_changes(std::vector<Way>& ways, Node in, Name name) const;
  void offer_made(std::vector<Way>& ways, Node in, Name name) const;
  void offer_renames(std::vector<Way>& ways, Node in, Name name) const;
  void apply(const Way& way);
  void remove(Content& entry);
  bool empty(Node node) const;
  bool beneath(Node node, Node above) const;

  static constexpr unsigned max_nodes = 16;
  const Bounds bounds_;
  Choices<Way> choices_;
  Directory directories_[max_nodes];
  unsigned nodes_ = 0;
  unsigned changes_ = 0;
};

}  // namespace interleavings
