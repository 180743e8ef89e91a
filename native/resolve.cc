// The steps of the walk that resolve.h specifies; see there for its origin.
#include "resolve.h"

#include <algorithm>
#include <cstring>

namespace wasi_common {
namespace {

// The directories entered, from the root on. The root at the bottom is borrowed and cannot be
// popped: popping it would escape.
class Stack {
 public:
  Stack(Tree& tree, Directory root) : tree_(tree) { directories_[0] = root; }
  ~Stack() {
    while (depth_ > 0) pop();
  }
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  Directory top() const { return directories_[depth_]; }
  bool at_root() const { return depth_ == 0; }
  bool full() const { return depth_ + 1 == capacity; }
  void push(Directory directory) { directories_[++depth_] = directory; }
  void pop() { tree_.leave(directories_[depth_--]); }

  // Transfers ownership of the top to the resolved parent.
  void give(ResolvedParent& resolved) {
    resolved.directory = top();
    resolved.owned = !at_root();
    if (resolved.owned) --depth_;
  }

 private:
  // The root, and the 2,048 names of a path of 4,095 bytes.
  static constexpr std::size_t capacity = 2049;
  Tree& tree_;
  std::size_t depth_ = 0;
  Directory directories_[capacity];
};

// The rest of the path. It ends at the end of the buffer, so that a symlink's target can be put
// before what follows the symlink. The slash after it stays in place: `link/` becomes `target/`.
// The buffer holds a path and three targets of full length. It is small, because a guest may call
// from the bottom of a worker's stack.
class Pending {
 public:
  Pending(const char* path, std::size_t length) { put_in_front(path, length); }

  // The start of the next name.
  const char* begin() const { return buffer_ + at_; }
  const char* end() const { return buffer_ + sizeof(buffer_); }
  void skip_to(const char* place) { at_ = static_cast<std::size_t>(place - buffer_); }
  bool put_in_front(const char* bytes, std::size_t length) {
    if (length > at_) return false;
    at_ -= length;
    std::memcpy(buffer_ + at_, bytes, length);
    return true;
  }

 private:
  std::size_t at_ = sizeof(buffer_);
  char buffer_[4 * (max_path + 1)];
};

bool is(const char* name, std::size_t length, const char* other) {
  return length == std::strlen(other) && std::memcmp(name, other, length) == 0;
}

Answer dot(Stack& stack, ResolvedParent& resolved) {
  stack.give(resolved);
  resolved.name[0] = '.';
  resolved.name[1] = '\0';
  return 0;
}

}  // namespace

Answer resolve(Tree& tree, Directory root, const char* path, std::size_t length, unsigned how, ResolvedParent& resolved) {
  Stack stack(tree, root);
  Pending pending(path, length);
  int links = 0;
  bool is_link = false;
  resolved.must_be_directory = resolved.up = false;

  // Replaces the name at `from` with the target of its symlink. Returns 0, or INVAL if it is no
  // symlink.
  auto expand = [&](const char* behind) -> Answer {
    char target[max_path + 1];
    const Answer size = tree.read_link(stack.top(), resolved.name, target, sizeof(target));
    is_link = size >= 0;
    if (!is_link) return size;
    if (++links > max_links) return refuse(Errno::Loop);
    if (size == 0) return refuse(Errno::NoEnt);
    pending.skip_to(behind);
    if (static_cast<std::size_t>(size) > max_path || !pending.put_in_front(target, static_cast<std::size_t>(size)))
      return refuse(Errno::NameTooLong);
    return 0;
  };

  if (length == 0) return refuse(Errno::NoEnt);
  for (;;) {
    const char* const name = pending.begin();
    const char* const end = pending.end();
    const char* const behind = std::find(name, end, '/');
    const char* const next = std::find_if(behind, end, [](char c) { return c != '/'; });
    const auto size = static_cast<std::size_t>(behind - name);
    const bool slash = next != behind;
    const bool last = next == end;

    // Only the path itself and a symlink's target can begin with a slash, which makes them
    // absolute.
    if (size == 0) return refuse(Errno::NotCapable);
    if (is(name, size, ".")) {
      if (last) return dot(stack, resolved);
      pending.skip_to(next);
      continue;
    }
    if (is(name, size, "..")) {
      if (stack.at_root()) return refuse(Errno::NotCapable);
      stack.pop();
      resolved.up = last;
      if (last) return dot(stack, resolved);
      pending.skip_to(next);
      continue;
    }
    if (size >= sizeof(resolved.name)) return refuse(Errno::NameTooLong);
    std::memcpy(resolved.name, name, size);
    resolved.name[size] = '\0';

    if (!last || (slash && (how & enter))) {
      if (stack.full()) return refuse(Errno::NameTooLong);
      const Answer entered = tree.enter(stack.top(), resolved.name);
      if (entered >= 0) {
        stack.push(static_cast<Directory>(entered));
        if (last) return dot(stack, resolved);
        pending.skip_to(next);
        continue;
      }
      // Linux returns ENOTDIR for a symlink opened as a directory; the BSDs return ELOOP or EMLINK
      // (open(2), O_NOFOLLOW).
      if (entered != refuse(Errno::NotDir) && entered != refuse(Errno::Loop) && entered != refuse(Errno::Mlink)) return entered;
      const Answer expanded = expand(behind);
      if (expanded == refuse(Errno::Inval)) return entered;
      if (expanded < 0) return expanded;
      continue;
    }
    if (!slash && (how & follow)) {
      const Answer expanded = expand(behind);
      if (expanded == 0) continue;
      // A name that is no symlink, or does not exist yet, stays as it is.
      if (is_link || (expanded != refuse(Errno::Inval) && expanded != refuse(Errno::NoEnt))) return expanded;
    }
    resolved.must_be_directory = slash;
    stack.give(resolved);
    return 0;
  }
}

}  // namespace wasi_common
