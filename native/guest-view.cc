// Checks a guest's pointers and paths, and converts a failed system call to an Answer.
#include "guest-view.h"

#include <cstring>

#include "expected.h"

namespace wasi_common {

void GuestView::bind(std::uint8_t* memory, std::uint64_t size) {
  memory_ = memory;
  memory_size_ = size;
}

std::uint8_t* GuestView::memory(std::uint32_t at, std::uint32_t length) {
  return std::uint64_t{at} + length <= memory_size_ ? memory_ + at : nullptr;
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

Answer GuestView::path(std::uint32_t at, std::uint32_t length, Path& path) {
  if (length == 0) return refuse(Errno::NoEnt);
  if (length > max_path) return refuse(Errno::NameTooLong);
  const std::uint8_t* const from = memory(at, length);
  if (from == nullptr) return refuse(Errno::Fault);
  // Copies once and checks the copy: another thread of the guest may change the original (TOCTOU).
  std::memcpy(path.bytes, from, length);
  path.bytes[length] = '\0';
  path.length = length;
  return std::memchr(path.bytes, '\0', length) == nullptr ? 0 : refuse(Errno::Inval);
}

Answer GuestView::relative_path(std::uint32_t at, std::uint32_t length, Path& path) {
  if (const Answer refused = this->path(at, length, path); refused != 0) return refused;
  return path.bytes[0] == '/' ? refuse(Errno::NotCapable) : 0;
}

}  // namespace wasi_common
