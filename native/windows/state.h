// The parts of a Host on Windows. Each calls only those before it.
#pragma once
#include <memory>
#include <utility>

#include "file-table.h"
#include "guest-view.h"
#include "resolver.h"

namespace wasi_common {

struct State {
  // Windows has only the walk, so `walk_only` has no effect.
  State(Block* block, bool, std::shared_ptr<Table> table) : guest(block), files(guest, std::move(table)), resolver(guest) {}

  GuestView guest;
  FileTable files;
  Resolver resolver;

  // The first two steps of every path call: pin the directory and copy the path.
  Answer directory_and_path(Handle handle, std::uint32_t at, std::uint32_t length, Pin& dir, Path& path) {
    if (const Answer refused = files.pin_directory(handle, dir); refused != 0) return refused;
    return guest.relative_path(at, length, path);
  }
};

}  // namespace wasi_common
