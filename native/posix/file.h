// An open file on POSIX.
#pragma once
#include <sys/types.h>

#include <memory>
#include <mutex>

#include "fd.h"
#include "flags.h"
#include "platform.h"
#include "reopen.h"
#include "wasi.h"

namespace wasi_common {

// The descriptors of a file that are still open.
using Owned = Descriptor;

// The part of a file that is copied and reset as a whole.
struct Opened {
  int fd = -1;  // -1: this place in the table is free
  Filetype type = Filetype::Unknown;
  bool type_fetched = true;  // false: a lazy file, whose fstat is still to come
  bool adopted = false;      // never closed; the host shares its description, so F_SETFL is ruled out
  bool socket = false;       // a true socket: a FIFO has the type of one, too
  bool reads = true;         // opened to read
  bool writes = true;        // opened to write
  bool waits = false;        // an adopted pipe or terminal: a call on it may block its thread
  bool root = false;         // a preopen: nothing above it is revealed to the guest
  Flags flags;
};

struct File : Opened {
  dev_t device = 0;  // set for a root
  ino_t inode = 0;
  platform::ListingPointer listing;
  ReopenedTerminal terminal;  // set for an adopted terminal
  // Guards an adopted descriptor, from the poll that finds it ready to the call that uses it.
  std::unique_ptr<std::timed_mutex> mutex;

  bool open() const { return fd >= 0; }
  bool is_directory() const { return type == Filetype::Directory; }
  bool asked_nonblock() const { return (flags.get() & fdflags::nonblock) != 0; }
  Owned left() const { return Owned(adopted ? -1 : fd); }
  // Frees the place in the table. Returns what the caller closes. Each part is reset where it is: a
  // file moved away and destroyed costs as much as a third of close(2).
  Owned take() {
    Owned last = left();
    static_cast<Opened&>(*this) = Opened{};
    if (listing) listing.reset();
    if (terminal.descriptor().open()) terminal = ReopenedTerminal();
    if (mutex) mutex.reset();
    return last;
  }
  // Starts to read a directory. Null on failure.
  platform::Listing* list(std::atomic<std::size_t>& kept) {
    if (!listing) listing = platform::list(fd, kept);
    return listing.get();
  }
  bool listed() const { return listing && platform::holds_buffer(*listing); }
  void unlist() {
    if (listing) platform::shrink(listing);
  }
};

}  // namespace wasi_common
