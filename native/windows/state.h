// Knows what a Host on Windows consists of. Each part calls only those before it.
#pragma once
#include <memory>
#include <utility>

#include "file-table.h"
#include "guest-view.h"
#include "resolver.h"

namespace wasi_common {

struct State {
  // There is one way to resolve paths here, so `walk_only` says nothing new.
  State(Block* block, bool, std::shared_ptr<Table> table) : guest(block), files(guest, std::move(table)), resolver(guest) {}

  GuestView guest;
  FileTable files;
  Resolver resolver;

  // The first two steps of every path call: a directory and a path.
  Answer directory_and_path(Handle handle, std::uint32_t at, std::uint32_t length, Pin& dir, Path& path) {
    if (const Answer refused = files.pin_directory(handle, dir); refused != 0) return refused;
    return guest.relative_path(at, length, path);
  }
};

}  // namespace wasi_common
