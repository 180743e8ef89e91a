// Resolves a path without ever leaving a directory.
//
// The algorithm is that of path_get() in cloudabi-utils' src/libemulator/posix.c: a stack of
// directories whose first cannot be popped; symlinks expanded in user space; the directory that
// contains the last name as the result. Copyright (c) 2016-2018 Nuxi, https://nuxi.nl/,
// BSD-2-Clause: see LICENSE.cloudabi-utils.
#pragma once
#include "wasi.h"

namespace wasi_common {

// A directory of the tree: a descriptor, or another value that the tree chooses. Never negative.
using Directory = std::intptr_t;

// The three calls that a walk makes to a host. A test may pass its own tree.
class Tree {
 public:
  // Opens the directory `name` in `in`, never through a symlink. LOOP or NOTDIR for a symlink or a
  // non-directory.
  virtual Answer enter(Directory in, const char* name) = 0;
  // Reads the target of the symlink `name`, without a NUL, truncated to the capacity. INVAL for a
  // non-symlink.
  virtual Answer read_link(Directory in, const char* name, char* into, std::size_t capacity) = 0;
  // Releases a directory that enter() returned.
  virtual void leave(Directory directory) = 0;

 protected:
  ~Tree() = default;
};

inline constexpr std::size_t max_path = 4095;
inline constexpr int max_links = 40;

// The treatment of the last name of a path.
enum How : unsigned {
  keep = 0,    // the name itself: for calls that create, move or remove names
  follow = 1,  // resolves a symlink in the last place
  enter = 2,   // enters a directory whose name ends in a slash (through a symlink, too); the last name is then "."
};

// A path resolved up to its last name: the capability to act on `name` in `directory`. Only *at
// functions that do not follow symlinks use it.
struct ResolvedParent {
  Directory directory = -1;
  bool owned = false;              // released with this parent
  bool must_be_directory = false;  // a slash followed the name, and How lacked `enter`
  bool up = false;                 // the path ended in `..`, although the name is "."
  char name[1024];                 // no slash, never "..", never empty. Longer than any file system's names.
};

// `path` is a private copy without NUL; `length` is from 1 to max_path.
Answer resolve(Tree& tree, Directory root, const char* path, std::size_t length, unsigned how, ResolvedParent& resolved);

}  // namespace wasi_common
