// Knows which files of the host a guest has open, and that a thread of it may close what another one is using.
#pragma once
#include <sys/stat.h>

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include "fd.h"
#include "platform.h"
#include "wasi.h"

namespace wasi_common {

// fdflags as the guest sees them. One thread may change them while another looks.
class Flags {
 public:
  Flags() = default;
  Flags(const Flags& other) : bits_(other.get()) {}
  Flags& operator=(const Flags& other) { return *this = other.get(); }
  Flags& operator=(std::uint32_t bits) {
    bits_.store(bits, std::memory_order_relaxed);
    return *this;
  }
  std::uint32_t get() const { return bits_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint32_t> bits_{0};
};

struct File {
  int fd = -1;  // -1: this place in the table is free
  Filetype type = Filetype::Unknown;
  bool typed = true;     // false: nobody has asked yet of what type it is
  bool adopted = false;  // never closed; its description is shared with the host, so F_SETFL is out of the question
  bool socket = false;   // a true socket: a FIFO has the type of one
  bool waits = false;    // an adopted pipe or terminal: a call on it may keep its thread waiting
  bool root = false;     // a preopen: what is above it is nobody's business
  Flags flags;
  dev_t device = 0;  // of a root
  ino_t inode = 0;
  platform::ListingPointer listing;
  // Of what was adopted: whose turn it is to see whether it is ready, and then to use it.
  std::unique_ptr<std::timed_mutex> turns;

  bool is_directory() const { return type == Filetype::Directory; }
  bool asked_nonblock() const { return (flags.get() & fdflags::nonblock) != 0; }
};

class Table;

// A file in use: it stays open until nobody uses it any more. Null for a handle that is not open.
class Pin {
 public:
  Pin() = default;
  // `place` counts among the users of a shared table; without one there is nobody who could close the file meanwhile.
  Pin(File* file, Table* table, std::size_t place) : file_(file), table_(table), place_(place) {}
  Pin(Pin&& other) noexcept { *this = std::move(other); }
  Pin& operator=(Pin&& other) noexcept {
    std::swap(file_, other.file_);
    std::swap(table_, other.table_);
    std::swap(place_, other.place_);
    return *this;
  }
  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;
  inline ~Pin();

  explicit operator bool() const { return file_ != nullptr; }
  File* operator->() const { return file_; }
  File& operator*() const { return *file_; }

 private:
  File* file_ = nullptr;
  Table* table_ = nullptr;
  std::size_t place_ = 0;
};

// The open files of a guest by handle. A handle is a place in the table; when the table is shared, it also has the count
// of files that were there before, so that a thread which still holds the handle of a closed file never gets another.
class Table {
 public:
  Table() {
    for (Handle& handle : listed_) handle = none;
  }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;
  ~Table();

  // From now on several threads may use it. Called before there is a second one.
  void share() { shared_ = true; }
  bool shared() const { return shared_; }
  Pin pin(Handle handle);
  Handle place(File&& file);
  // Gives up the handle. The descriptor, which the caller closes; -1 where it was adopted, or is in use by another thread,
  // whose Pin closes it then. False for a handle that is not open.
  bool remove(Handle handle, Descriptor& fd);
  // Whether a status is that of a preopened directory.
  bool is_root(const struct stat& status);

  // Held while a listing is used, of which each directory has one.
  std::unique_lock<std::mutex> listings();
  // Where a pinned directory is read, made anew if it was given up.
  platform::Listing* listing(Handle handle, File& file);

 private:
  friend Pin;
  struct Place {
    File file;
    std::uint64_t before = 0;  // files that had this place
    unsigned pins = 0;
    bool removed = false;

    // So that a double has every handle exactly, a place that had too many files gets no other.
    bool free() const { return file.fd < 0 && before < most_before; }
  };
  static constexpr Handle none = ~Handle{0};
  static constexpr Handle places = Handle{1} << 20;  // twice as many as lib/limits.ts grants
  static constexpr std::uint64_t most_before = (std::uint64_t{1} << 33) - 1;

  std::unique_lock<std::mutex> lock();
  Place* find(Handle handle);
  Descriptor free(std::size_t index);
  void unpin(std::size_t index);

  bool shared_ = false;
  std::mutex mutex_;
  std::mutex listings_mutex_;
  std::deque<Place> places_;  // whose elements stay where they are when it grows
  std::size_t lowest_ = 0;    // every place below it is taken
  // A listing has a large buffer and can be made again, so only the last few are kept: a ring of their handles.
  Handle listed_[16];
  std::size_t next_listed_ = 0;
};

Pin::~Pin() {
  if (table_ != nullptr) table_->unpin(place_);
}

}  // namespace wasi_common
