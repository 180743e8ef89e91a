// Knows what a Host on Windows has besides what every Host has: how paths become objects of the system.
#pragma once
#include <memory>
#include <string>

#include "base.h"
#include "disk.h"
#include "resolve.h"

namespace wasi_common {

// A resolved parent that leaves its directory, and the last name as Windows wants it.
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

// How the guest wants a file opened.
struct Wanted {
  std::uint32_t oflags;
  std::uint32_t fdflags;
  std::uint32_t access;
};

class State : public Base {
 public:
  // There is one way to resolve paths here, so `walk_only` says nothing new.
  State(Block* block, bool walk_only, std::shared_ptr<Table> table);

  const char* resolver() const { return "walk"; }

  // 0 where nothing failed.
  Answer failed(const char* call, int error, const char* path = nullptr) {
    return error == 0 ? 0 : Base::failed(call, error, path);
  }
  // Fills block.opened.
  void describe(const File& file);
  // The answer is the handle; fills block.opened.
  Answer place(File&& file);

  // The first two steps of every path call: a directory and a path.
  Answer directory_and_path(Handle handle, std::uint32_t at, std::uint32_t length, Pin& dir, Path& path);
  // Resolves a path up to its last name. `how` as in resolve.h.
  Answer resolve_parent(nt::HANDLE dir, const Path& path, unsigned how, OwnedParent& resolved);
  // Opens what a path leads to, and says in `file` what it is.
  Answer open(const File& dir, const Path& path, bool follow_last, const Wanted& wanted, File& file);
  Answer status_at(const File& dir, const Path& path, bool follow_last);
  // Fills block.record.
  Answer status(nt::HANDLE file, Filetype type, std::uint64_t device, const char* path = nullptr);

 private:
  Answer walk(nt::HANDLE dir, const Path& path, unsigned how, OwnedParent& resolved);
  Answer open_name(nt::HANDLE dir, const char* name, const Wanted& wanted, const Path& path, File& file, bool& is_link);
};

}  // namespace wasi_common
