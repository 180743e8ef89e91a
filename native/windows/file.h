// An open file on Windows.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <utility>

#include "flags.h"
#include "listing.h"
#include "object.h"
#include "wasi.h"

namespace wasi_common {

// The handles of a file that are still open.
using Owned = Object;

// The calls that transfer its bytes.
enum class Kind : std::uint8_t { disk, pipe, console, device, socket };

struct File {
  nt::HANDLE object = nt::no_handle;  // no_handle: this place in the table is free
  Kind kind = Kind::disk;
  Filetype type = Filetype::Unknown;
  bool adopted = false;  // never closed; the host shares its offset
  bool reads = true;     // the access it was opened with
  bool writes = false;
  bool overlapped = false;   // a pipe whose calls complete asynchronously
  std::uint64_t device = 0;  // the volume, which no path leaves
  Flags flags;
  // The offset of a file that the addon opened, because a call with an offset also moves the
  // system's. Guarded by `mutex`.
  std::int64_t place = 0;
  std::unique_ptr<std::timed_mutex> mutex = std::make_unique<std::timed_mutex>();
  std::string begun;  // the first bytes of an incomplete character for a console
  std::unique_ptr<Listing> listing;

  bool open() const { return object != nt::no_handle; }
  bool is_directory() const { return type == Filetype::Directory; }
  bool is_socket() const { return kind == Kind::socket; }
  bool asked_nonblock() const { return (flags.get() & fdflags::nonblock) != 0; }
  Owned left() const { return Owned(adopted ? nt::no_handle : object, is_socket()); }
  // Frees the place in the table. Returns what the caller closes.
  Owned take() {
    const File gone = std::exchange(*this, File{});
    return gone.left();
  }
  // Starts to read a directory. Null if memory runs out.
  bool listed() const { return listing != nullptr; }
  void unlist() { listing.reset(); }
  Listing* list(std::atomic<std::size_t>&) {
    if (!listing) listing.reset(new (std::nothrow) Listing(object));
    return listing.get();
  }
};

}  // namespace wasi_common
