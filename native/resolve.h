// Knows how a path is followed without ever leaving a directory.
//
// The idea (a stack of directories whose first cannot be popped, links expanded by ourselves, the directory that holds the last
// name handed over) is that of path_get() in cloudabi-utils' src/libemulator/posix.c, Copyright (c) 2016-2018 Nuxi,
// https://nuxi.nl/, BSD-2-Clause: see LICENSE.cloudabi-utils.
#pragma once
#include "wasi.h"

namespace wasi_common {

// A directory of the tree: a descriptor, or whatever the tree makes of it. Never negative.
using Directory = std::intptr_t;

// The three things that a walk asks of a host. A test may give a tree of its own.
class Tree {
 public:
  // The directory called `name` in `in`; never through a link. LOOP or NOTDIR for what is a link or no directory.
  virtual Answer enter(Directory in, const char* name) = 0;
  // The target of the link `name`, without a NUL; INVAL for what is no link. Cut where the capacity ends.
  virtual Answer read_link(Directory in, const char* name, char* into, std::size_t capacity) = 0;
  // Done with a directory that enter() gave.
  virtual void leave(Directory directory) = 0;

 protected:
  ~Tree() = default;
};

inline constexpr std::size_t max_path = 4095;
inline constexpr int max_links = 40;

// The treatment of the last name of a path.
enum How : unsigned {
  keep = 0,    // as it stands: for calls that make, move or remove names
  follow = 1,  // if it is a link, go where it leads
  enter = 2,   // if a slash is behind it, it is a directory to go into (through a link, too), and the name is then "."
};

// A path resolved up to its last name: the right to work on `name` in `directory`. Used only by *at functions that do not follow
// links.
struct ResolvedParent {
  Directory directory = -1;
  bool owned = false;              // the directory is left with this
  bool must_be_directory = false;  // a slash was behind the name, and How was without `enter`
  bool up = false;                 // the path ended in `..`; the name is "." all the same
  char name[1024];                 // no slash, never "..", never empty. Longer than any file system's names.
};

// `path` is a copy that nothing else changes, without NUL, `length` from 1 to max_path.
Answer resolve(Tree& tree, Directory root, const char* path, std::size_t length, unsigned how, ResolvedParent& resolved);

}  // namespace wasi_common
