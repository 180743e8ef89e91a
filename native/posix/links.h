// Remembers names that were symlinks, so that the call which finds that out is not made each time.
#pragma once
#include <cstdint>

#include "path.h"

namespace wasi_common {

// A hint, and never more: a name that is expected to be a symlink is resolved by the kernel or the
// walk, which is right for any name. So a wrong hint costs time, and nothing else depends on it.
class Links {
 public:
  // True if a single component was a symlink the last time. The hint is forgotten after some calls,
  // because a file may have replaced the symlink.
  bool expect(int dir, const Path& path) {
    if (!any_) return false;
    const std::uint64_t hash = hash_of(dir, path);
    Entry& entry = entries_[hash % count];
    if (entry.hash != hash || entry.left == 0) return false;
    --entry.left;
    return true;
  }
  void keep(int dir, const Path& path) {
    const std::uint64_t hash = hash_of(dir, path);
    entries_[hash % count] = {hash, calls};
    any_ = true;
  }

 private:
  struct Entry {
    std::uint64_t hash = 0;
    std::uint32_t left = 0;  // the calls until it is forgotten
  };
  static constexpr std::size_t count = 64;
  static constexpr std::uint32_t calls = 64;

  static std::uint64_t hash_of(int dir, const Path& path) {
    constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;  // 2^64 divided by the golden ratio
    std::uint64_t hash = static_cast<std::uint64_t>(dir) * odd;
    for (std::size_t at = 0; at < path.length; at += sizeof(hash)) {
      std::uint64_t word = 0;
      std::memcpy(&word, path.bytes + at, sizeof(word));
      hash = (hash ^ word) * odd;
      hash ^= hash >> 32;
    }
    return hash;
  }

  bool any_ = false;
  Entry entries_[count];
};

}  // namespace wasi_common
