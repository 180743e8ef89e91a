// A guest's path, copied out of guest memory.
#pragma once
#include <cstdint>
#include <cstring>

#include "resolve.h"

namespace wasi_common {

// The copy of a path that another thread of the guest cannot change.
class Path {
 public:
  std::size_t length = 0;
  // Zeros follow the path up to the end of its last word, so that it can be read by words.
  char bytes[max_path + 1 + sizeof(std::uint64_t)];

  // Copies a path of at most `max_path` bytes. False if it contains a NUL. It is checked on the way,
  // in words that are stored as they were checked: another thread may change the original (TOCTOU).
  // The last word may overlap the one before it.
  bool copy(const std::uint8_t* from, std::size_t size) {
    Found found;
    if (size >= sizeof(std::uint64_t)) {
      const std::size_t last = size - sizeof(std::uint64_t);
      for (std::size_t at = 0; at < last; at += sizeof(std::uint64_t)) take<std::uint64_t>(from, at, found);
      take<std::uint64_t>(from, last, found);
    } else if (size >= sizeof(std::uint32_t)) {
      take<std::uint32_t>(from, 0, found);
      take<std::uint32_t>(from, size - sizeof(std::uint32_t), found);
    } else {
      for (std::size_t at = 0; at < size; ++at) take<std::uint8_t>(from, at, found);
    }
    constexpr std::uint64_t zeros = 0;
    std::memcpy(bytes + size, &zeros, sizeof(zeros));
    length = size;
    single_component_ = !found.slash && !(bytes[0] == '.' && (size == 1 || (size == 2 && bytes[1] == '.')));
    return !found.nul;
  }
  // True for a single component other than "." and "..", which needs no resolving.
  bool is_single_component() const { return single_component_; }

 private:
  struct Found {
    bool slash = false;
    bool nul = false;
  };

  // True if any byte is zero: https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord
  template <class Word>
  static bool has_zero(Word word) {
    constexpr Word ones = static_cast<Word>(0x0101010101010101);
    return (static_cast<Word>(word - ones) & static_cast<Word>(~word) & static_cast<Word>(ones << 7)) != 0;
  }
  template <class Word>
  void take(const std::uint8_t* from, std::size_t at, Found& found) {
    Word word;
    std::memcpy(&word, from + at, sizeof(word));
    // The compiler must not read the original twice, either.
    __asm__("" : "+r"(word));
    found.slash |= has_zero<Word>(word ^ static_cast<Word>(0x2f2f2f2f2f2f2f2f));
    found.nul |= has_zero<Word>(word);
    std::memcpy(bytes + at, &word, sizeof(word));
  }

  bool single_component_ = false;
};

}  // namespace wasi_common
