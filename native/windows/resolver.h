// Resolves a guest's paths beneath the directories it has open.
#pragma once
#include <string>

#include "disk.h"
#include "file.h"
#include "guest-view.h"
#include "resolve.h"

namespace wasi_common {

// A resolved parent that releases its directory, and the last name in Windows' spelling.
struct OwnedParent : ResolvedParent {
  OwnedParent() = default;
  OwnedParent(const OwnedParent&) = delete;
  OwnedParent& operator=(const OwnedParent&) = delete;
  ~OwnedParent() {
    if (owned) Object{object()};
  }
  nt::HANDLE object() const { return reinterpret_cast<nt::HANDLE>(directory); }
  std::u16string spelled;
};

// A guest's request to open a file.
struct Wanted {
  std::uint32_t oflags;
  std::uint32_t fdflags;
  std::uint32_t access;
};

class Resolver {
 public:
  explicit Resolver(GuestView& guest) : guest_(guest) {}

  // The resolver's name: the walk is the only one.
  const char* name() const { return "walk"; }

  // Resolves a path up to its last name. `how` as in resolve.h.
  Answer parent(nt::HANDLE dir, const Path& path, unsigned how, OwnedParent& resolved);
  // Opens the target of a path, and sets its type in `file`.
  Answer open(const File& dir, const Path& path, bool follow_last, const Wanted& wanted, File& file);
  // Fills block.record.
  Answer status(const File& dir, const Path& path, bool follow_last);

 private:
  template <class Act>
  Answer act_on_last(nt::HANDLE dir, const Path& path, bool follow_last, unsigned how, Act act);
  Answer walk(nt::HANDLE dir, const Path& path, unsigned how, OwnedParent& resolved);
  Answer open_name(nt::HANDLE dir, const char* name, const Wanted& wanted, const Path& path, File& file, bool& is_link);

  GuestView& guest_;
};

}  // namespace wasi_common
