// The part of a file system that a run has chosen so far, and changes to it as system calls make
// them.
#pragma once
#include "files.h"

namespace interleavings {

struct Place {
  Content now;
  std::uint16_t seen;  // the last question about it
  std::uint16_t read;  // the last question that conveyed the whole content
};

class Known {
 public:
  struct Directory {
    Place places[max_letters];
    Node parent;          // `nowhere` while the guest's choice of a place is open
    bool listed;          // every unknown place is absent
    bool dead;            // removed: the kernel creates entries in it no longer
    std::uint16_t since;  // the question before which it was added
  };
  // A content that the guest moved to a place not chosen yet.
  struct Moved {
    Content what;
    std::uint16_t when;
  };

  // Starts with the root alone, and nothing known about it.
  void begin(const Bounds& bounds, unsigned path_letters);
  // Copies only the parts in use. Pointers to places stay valid.
  void copy(const Known& other);

  Directory& at(Node node) { return directories_[node]; }
  const Directory& at(Node node) const { return directories_[node]; }
  Node nodes() const { return nodes_; }
  const Moved& moved(unsigned index) const { return moved_[index]; }
  unsigned moves() const { return moves_; }

  Node add(Node parent, bool listed);
  // Puts a content at a place, as rename(2) and the calls that create do.
  void put(const Content& what, Node in, Place& place);
  // Moves a content to a place not chosen yet.
  void set_aside(Place& place);
  void set_aside(Node node);
  // Returns a content that was set aside.
  Content take(unsigned index);

  bool beneath(Node node, Node above) const;
  // True if rename(2) replaces `now` with `by`: an empty directory with a directory, a file or
  // symlink with a file or symlink.
  bool gives_way(const Content& now, const Content& by) const;

  unsigned letters = 0;
  unsigned names_left = 0;
  unsigned changes_left = 0;
  unsigned changes = 0;
  std::uint16_t question = 0;

  static constexpr Node nowhere = 255;

 private:
  bool empty(Node node) const;

  static constexpr unsigned max_nodes = 24;
  static constexpr unsigned max_moves = 8;
  Moved moved_[max_moves];
  Node moves_ = 0;
  Node nodes_ = 0;
  Directory directories_[max_nodes];
};

}  // namespace interleavings
