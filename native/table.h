// Knows which files of the host a guest has open, and that a thread of it may close what another one is using.
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
  // Gives up the handle. What the caller closes; nothing where it was adopted, or is in use by another thread, whose Pin
  // closes it then. False for a handle that is not open.
  bool remove(Handle handle, Owned& left);
  // Says if `is_it` is true of an open file.
  template <class IsIt>
  bool any(IsIt is_it) {
    const auto locked = lock();
    for (const Place& place : places_)
      if (place.file.open() && is_it(place.file)) return true;
    return false;
  }

  // OwnedParent while a listing is used, of which each directory has one.
  std::unique_lock<std::mutex> listings();
  // The listing of a pinned directory, made anew if it was given up.
  auto listing(Handle handle, File& file) {
    if (!file.listed()) {
      Handle& oldest = listed_[next_listed_++ % std::size(listed_)];
      // Without another's pin nobody reads it now, since listings() is held.
      if (const Pin evicted = pin(oldest)) evicted->unlist();
      oldest = handle;
    }
    return file.list(listings_kept_);
  }

 private:
  friend Pin;
  struct Place {
    File file;
    std::uint64_t before = 0;  // files that had this place
    unsigned pins = 0;
    bool removed = false;

    // So that a double has every handle exactly, a place that had too many files gets no other.
    bool free() const { return !file.open() && before < most_before; }
  };
  static constexpr Handle none = ~Handle{0};
  static constexpr Handle places = Handle{1} << 20;  // twice as many as lib/limits.ts grants
  static constexpr std::uint64_t most_before = (std::uint64_t{1} << 33) - 1;

  std::unique_lock<std::mutex> lock();
  Place* find(Handle handle);
  Owned free(std::size_t index);
  void unpin(std::size_t index);

  bool shared_ = false;
  std::mutex mutex_;
  std::mutex listings_mutex_;
  std::atomic<std::size_t> listings_kept_{0};  // outlives the files, which count in it
  std::deque<Place> places_;                   // whose elements stay where they are when it grows
  std::size_t lowest_ = 0;                     // every place below it is taken
  // A listing has a large buffer and can be made again, so only the last few are kept: a ring of their handles.
  Handle listed_[16];
  std::size_t next_listed_ = 0;
};

Pin::~Pin() {
  if (table_ != nullptr) table_->unpin(place_);
}

}  // namespace wasi_common
