// Owns a system object, and closes it.
#pragma once
#include <utility>

#include "nt.h"

namespace wasi_common {

// Calls closesocket(), because a socket is more than its handle.
int close_socket(nt::HANDLE socket);

class Object {
 public:
  Object() = default;
  explicit Object(nt::HANDLE object, bool socket = false) : object_(object), socket_(socket) {}
  Object(Object&& other) noexcept : object_(other.release()), socket_(other.socket_) {}
  Object& operator=(Object&& other) noexcept {
    if (this != &other) {
      close();
      socket_ = other.socket_;
      object_ = other.release();
    }
    return *this;
  }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  ~Object() { close(); }

  nt::HANDLE get() const { return object_; }
  bool open() const { return object_ != nt::no_handle; }
  nt::HANDLE release() { return std::exchange(object_, nt::no_handle); }
  // Returns 0, or the system's error number.
  int close() {
    if (!open()) return 0;
    const bool socket = socket_;
    const nt::HANDLE gone = release();
    if (socket) return close_socket(gone);
    const nt::NTSTATUS status = nt::calls.NtClose(gone);
    return nt::NT_SUCCESS(status) ? 0 : status;
  }

 private:
  nt::HANDLE object_ = nt::no_handle;
  bool socket_ = false;
};

}  // namespace wasi_common
