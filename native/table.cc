// The lifetime of open files: closes a file once no thread uses it, and maps handles to files.
#include "table.h"

namespace wasi_common {

Table::~Table() {
  for (const Place& place : places_) place.file.left();
}

std::unique_lock<std::mutex> Table::lock() {
  return shared_ ? std::unique_lock<std::mutex>(mutex_) : std::unique_lock<std::mutex>();
}

std::unique_lock<std::mutex> Table::listings() {
  return shared_ ? std::unique_lock<std::mutex>(listings_mutex_) : std::unique_lock<std::mutex>();
}

Table::Place* Table::find(Handle handle) {
  const Handle index = handle % places;
  if (index >= places_.size()) return nullptr;
  Place& place = places_[index];
  return place.file.open() && !place.removed && place.before == handle / places ? &place : nullptr;
}

Pin Table::pin(Handle handle) {
  const auto locked = lock();
  Place* const place = find(handle);
  if (place == nullptr) return Pin();
  if (!shared_) return Pin(&place->file, nullptr, 0);
  ++place->pins;
  return Pin(&place->file, this, handle % places);
}

void Table::unpin(std::size_t index) {
  Owned last;  // closed when the lock is free again
  const auto locked = lock();
  Place& place = places_[index];
  if (--place.pins == 0 && place.removed) last = free(index);
}

Handle Table::place(File&& file) {
  const auto locked = lock();
  while (lowest_ < places_.size() && !places_[lowest_].free()) ++lowest_;
  if (lowest_ == places_.size()) places_.emplace_back();
  Place& place = places_[lowest_];
  place.file = std::move(file);
  return place.before * places + lowest_++;
}

bool Table::remove(Handle handle, Owned& left) {
  const auto locked = lock();
  Place* const place = find(handle);
  if (place == nullptr) return false;
  if (place->pins == 0)
    left = free(handle % places);
  else
    place->removed = true;
  return true;
}

Owned Table::free(std::size_t index) {
  Place& place = places_[index];
  const File gone = std::exchange(place.file, File{});
  place.removed = false;
  if (shared_) ++place.before;
  if (index < lowest_) lowest_ = index;
  return gone.left();
}

}  // namespace wasi_common
