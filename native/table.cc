// The lifetime of open files: closes a file once no thread uses it, and maps handles to files.
#include "table.h"

namespace wasi_common {

Table::~Table() {
  for (std::size_t i = 0; i < size_; ++i) at(i).file.left();
}

void Table::unpin(std::size_t index) {
  Owned last;  // closed when the lock is free again
  const auto locked = lock();
  Place& place = at(index);
  if (--place.pins == 0 && place.removed) last = free(index, place);
}

std::size_t Table::grow() {
  if (size_ == pages_.size() * Page::places) pages_.push_back(std::make_unique<Page>());
  return size_++;
}

}  // namespace wasi_common
