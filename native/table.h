// The files of the host that a guest has open. One of its threads may close a file that another is
// using.
#pragma once
#include <atomic>
#include <cstddef>
#include <iterator>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "file.h"
#include "wasi.h"

namespace wasi_common {

class Table;

// Holds a mutex, if there is more than one thread.
class TableLock {
 public:
  TableLock(std::mutex& mutex, bool threads) : mutex_(threads ? &mutex : nullptr) {
    if (mutex_ != nullptr) mutex_->lock();
  }
  ~TableLock() {
    if (mutex_ != nullptr) mutex_->unlock();
  }
  TableLock(const TableLock&) = delete;
  TableLock& operator=(const TableLock&) = delete;

 private:
  std::mutex* mutex_;
};

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
  Pin pin(Handle handle) {
    const auto locked = lock();
    Place* const place = find(handle);
    if (place == nullptr) return Pin();
    if (!shared_) return Pin(&place->file, nullptr, 0);
    ++place->pins;
    return Pin(&place->file, this, handle % places);
  }
  // Adds a file: `fill` sets what it is in a free place, before any other thread sees it. Moving a
  // file there would copy it twice.
  template <class Fill>
  Handle add(Fill fill) {
    const auto locked = lock();
    const std::size_t index = lowest();
    Place& place = at(index);
    lowest_ = index + 1;
    fill(place.file);
    return place.before * places + index;
  }
  Handle place(File&& file) {
    return add([&](File& place) { place = std::move(file); });
  }
  // Removes the handle. `left` receives what the caller closes: nothing for an adopted file, or for
  // one in use by another thread, whose Pin closes it. False for a handle that is not open.
  bool remove(Handle handle, Owned& left) {
    const auto locked = lock();
    Place* const place = find(handle);
    if (place == nullptr) return false;
    if (place->pins == 0)
      left = free(handle % places, *place);
    else
      place->removed = true;
    return true;
  }
  // True if `is_it` is true for any open file.
  template <class IsIt>
  bool any(IsIt is_it) {
    const auto locked = lock();
    for (std::size_t i = 0; i < size_; ++i)
      if (at(i).file.open() && is_it(at(i).file)) return true;
    return false;
  }

  // Locks the listings, of which each directory has at most one.
  TableLock listings() { return TableLock(listings_mutex_, shared_); }
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
  // Places stay where they are while the table grows.
  struct Page {
    static constexpr std::size_t places = 16;
    Place place[places];
  };
  static constexpr Handle none = ~Handle{0};
  static constexpr Handle places = Handle{1} << 20;  // twice the limit of lib/limits.ts
  static constexpr std::uint64_t most_before = (std::uint64_t{1} << 33) - 1;

  TableLock lock() { return TableLock(mutex_, shared_); }
  Place& at(std::size_t index) { return pages_[index / Page::places]->place[index % Page::places]; }
  Place* find(Handle handle) {
    const Handle index = handle % places;
    if (index >= size_) return nullptr;
    Place& place = at(index);
    return place.file.open() && !place.removed && place.before == handle / places ? &place : nullptr;
  }
  // The lowest free place.
  std::size_t lowest() {
    for (; lowest_ < size_; ++lowest_)
      if (at(lowest_).free()) return lowest_;
    return grow();
  }
  std::size_t grow();
  Owned free(std::size_t index, Place& place) {
    place.removed = false;
    if (shared_) ++place.before;
    if (index < lowest_) lowest_ = index;
    return place.file.take();
  }
  void unpin(std::size_t index);

  bool shared_ = false;
  std::mutex mutex_;
  std::mutex listings_mutex_;
  std::atomic<std::size_t> listings_kept_{0};  // outlives the files, which update it
  std::vector<std::unique_ptr<Page>> pages_;
  std::size_t size_ = 0;    // the places ever used
  std::size_t lowest_ = 0;  // every place below it is taken
  // A listing has a large buffer and can be remade, so only the last few are kept: a ring of their
  // handles.
  Handle listed_[16];
  std::size_t next_listed_ = 0;
};

Pin::~Pin() {
  if (table_ != nullptr) table_->unpin(place_);
}

}  // namespace wasi_common
