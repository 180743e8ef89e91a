// The fdflags of an open file, as the guest sees them. One thread may change them while another
// reads them.
#pragma once
#include <atomic>
#include <cstdint>

namespace wasi_common {

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

}  // namespace wasi_common
