// The model of a file system: directories with entries whose names are single letters.
#pragma once
#include <cstdint>

namespace interleavings {

using Name = std::uint8_t;
using Node = std::uint8_t;

// The parent of the root. No walk may enter it.
inline constexpr Node outside = 0;
inline constexpr Node root = 1;

inline constexpr unsigned max_letters = 12;
constexpr char letter(Name name) { return static_cast<char>('a' + name); }
constexpr Name name_of(char letter) { return static_cast<Name>(letter - 'a'); }

// The target of a symlink: one of four, or a name.
using Target = std::uint8_t;
enum : Target { self, up, two_up, absolute, first_name };
inline const char* spell(Target target) {
  static constexpr const char* targets[first_name + max_letters] = {".", "..", "../..", "/a", "a", "b", "c", "d",
                                                                    "e", "f",  "g",     "h",  "i", "j", "k", "l"};
  return targets[target];
}

struct Content {
  enum Kind : std::uint8_t {
    unknown,  // no question was asked yet
    absent,
    directory,  // `node`
    other,      // a file or a symlink: no question has distinguished them
    file,
    link,  // `target`, or `unread`
  };
  Kind kind;
  union {
    Node node;
    Target target;
  };
};
inline constexpr Target unread = 255;
constexpr bool present(const Content& content) { return content.kind > Content::absent; }
constexpr bool leaf(const Content& content) { return content.kind > Content::directory; }

// The knowledge that an answer conveys: directory or not; symlinks, too, as on the BSDs; or the
// whole content.
enum class Looks : std::uint8_t { for_directory, for_kind, for_target };

struct Bounds {
  unsigned names;    // in the initial tree
  unsigned changes;  // by the guest, during one walk
  unsigned letters;  // in paths, trees and targets
};

class Files {
 public:
  // The answer to a question. The guest may change the files before it.
  virtual Content look(Node in, Name name, Looks looks) = 0;
  // The entry `..`, as the kernel resolves it.
  virtual Node parent(Node of) = 0;
  // The number of changes that the guest has made.
  virtual unsigned changes() const = 0;

 protected:
  ~Files() = default;
};

}  // namespace interleavings
