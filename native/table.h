// The files of the host that a guest has open. One of its threads may close a file that another is
// using.
#pragma once
#include <atomic>
#include <cstddef>
#include <deque>
#include <iterator>
#include <mutex>
#include <utility>

#include "file.h"
#include "wasi.h"

namespace wasi_common {

class Table;

// A file in use: it stays open until its last user is done. Null for a handle that is not open.
class Pin {
 public:
  Pin() = default;
  // `place` is counted as a user of a shared table. Without a shared table no other thread could
  // close the file meanwhile.
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

// The open files of a guest by handle. A handle is a place in the table. In a shared table it also
// contains the count of files that had the place before. So a thread with the handle of a closed
// file never reaches another file.
class Table {
 public:
  Table() {
    for (Handle& handle : listed_) handle = none;
  }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;
  ~Table();

  // Lets several threads use the table. Call it before the second thread starts.
  void share() { shared_ = true; }
  bool shared() const { return shared_; }
  Pin pin(Handle handle);
  Handle place(File&& file);
  // Removes the handle. `left` receives what the caller closes: nothing for an adopted file, or for
  // one in use by another thread, whose Pin closes it. False for a handle that is not open.
  bool remove(Handle handle, Owned& left);
  // True if `is_it` is true for any open file.
  template <class IsIt>
  bool any(IsIt is_it) {
    const auto locked = lock();
    for (const Place& place : places_)
      if (place.file.open() && is_it(place.file)) return true;
    return false;
  }

  // Locks the listings, of which each directory has at most one.
  std::unique_lock<std::mutex> listings();
  // The listing of a pinned directory, remade if it was evicted.
  auto listing(Handle handle, File& file) {
    if (!file.listed()) {
      Handle& oldest = listed_[next_listed_++ % std::size(listed_)];
      // Pinned only by this thread, it has no reader now, because listings() is held.
      if (const Pin evicted = pin(oldest)) evicted->unlist();
      oldest = handle;
    }
    return file.list(listings_kept_);
  }

 private:
  friend Pin;
  struct Place {
    File file;
    std::uint64_t before = 0;  // the number of files that had this place before
    unsigned pins = 0;
    bool removed = false;

    // A place that has had too many files is retired, so that a double represents every handle
    // exactly.
    bool free() const { return !file.open() && before < most_before; }
  };
  static constexpr Handle none = ~Handle{0};
  static constexpr Handle places = Handle{1} << 20;  // twice the limit of lib/limits.ts
  static constexpr std::uint64_t most_before = (std::uint64_t{1} << 33) - 1;

  std::unique_lock<std::mutex> lock();
  Place* find(Handle handle);
  Owned free(std::size_t index);
  void unpin(std::size_t index);

  bool shared_ = false;
  std::mutex mutex_;
  std::mutex listings_mutex_;
  std::atomic<std::size_t> listings_kept_{0};  // outlives the files, which update it
  std::deque<Place> places_;                   // a deque, because its elements stay in place when it grows
  std::size_t lowest_ = 0;                     // every place below it is taken
  // A listing has a large buffer and can be remade, so only the last few are kept: a ring of their
  // handles.
  Handle listed_[16];
  std::size_t next_listed_ = 0;
};

Pin::~Pin() {
  if (table_ != nullptr) table_->unpin(place_);
}

}  // namespace wasi_common
