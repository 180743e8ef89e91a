// Checks a guest's pointers and paths, and converts a failed system call to an Answer.
#include "guest-view.h"

#include "expected.h"

namespace wasi_common {

void GuestView::bind(std::uint8_t* memory, std::uint64_t size) {
  memory_ = memory;
  memory_size_ = size;
}

Answer GuestView::failed(const char* call, int error, const char* path) {
  const Errno known = expected(error);
  if (known != Errno::Success) return refuse(known);
  failure_.call = call;
  failure_.error = error;
  failure_.has_path = path != nullptr;
  failure_.path = path != nullptr ? path : "";
  return unexpected;
}

Answer GuestView::failed_embedder(const char* call, int error, const std::string* path) {
  failure_.call = call;
  failure_.error = error;
  failure_.has_path = path != nullptr;
  failure_.path = path != nullptr ? *path : std::string();
  return unexpected;
}

}  // namespace wasi_common
