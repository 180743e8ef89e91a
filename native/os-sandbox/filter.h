// The instructions of a seccomp(2) filter, and their installation.
#pragma once
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace wasi_common::os_sandbox {

// A program for the kernel's BPF interpreter. A failed test skips its block.
class Filter {
 public:
  struct Block {
    unsigned test;
    bool after_success;
  };

  void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(offset)); }
  // Loads the lower half of an argument: the kernel ignores the upper half of an int.
  void load_argument(unsigned index) { load(offsetof(seccomp_data, args) + sizeof(std::uint64_t) * index); }
  void load_upper_half(unsigned index) {
    load(offsetof(seccomp_data, args) + sizeof(std::uint64_t) * index + sizeof(std::uint32_t));
  }
  Block when(unsigned value) { return test(BPF_JEQ, value, true); }
  Block unless(unsigned value) { return test(BPF_JEQ, value, false); }
  Block when_any(unsigned bits) { return test(BPF_JSET, bits, true); }
  Block at_least(unsigned value) { return test(BPF_JGE, value, true); }
  Block less_than(unsigned value) { return test(BPF_JGE, value, false); }
  void end(Block block) {
    const unsigned distance = length_ - block.test - 1;
    if (distance > 255 || length_ > most) {
      length_ = most + 1;
      return;
    }
    sock_filter& jump = code_[block.test];
    (block.after_success ? jump.jf : jump.jt) = static_cast<unsigned char>(distance);
  }
  void answer(unsigned verdict) { add(BPF_RET | BPF_K, verdict); }
  void answer_when(unsigned value, unsigned verdict) {
    const Block block = when(value);
    answer(verdict);
    end(block);
  }
  void answer_unless(unsigned value, unsigned verdict) {
    const Block block = unless(value);
    answer(verdict);
    end(block);
  }
  void answer_less_than(unsigned value, unsigned verdict) {
    const Block block = less_than(value);
    answer(verdict);
    end(block);
  }
  void answer_at_least(unsigned value, unsigned verdict) {
    const Block block = at_least(value);
    answer(verdict);
    end(block);
  }

  bool install() {
    if (length_ > most) {
      errno = E2BIG;
      return false;
    }
    sock_fprog program{static_cast<unsigned short>(length_), code_};
    return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
  }

 private:
  Block test(int operation, unsigned value, bool after_success) {
    add(BPF_JMP | operation | BPF_K, value);
    return {length_ - 1, after_success};
  }
  void add(int code, unsigned value) {
    if (length_ < most) code_[length_] = BPF_STMT(static_cast<unsigned short>(code), value);
    length_++;
  }
  // Far more than the rules need, and within the kernel's limit of 4096 (BPF_MAXINSNS).
  static constexpr unsigned most = 1024;
  sock_filter code_[most];
  unsigned length_ = 0;
};

}  // namespace wasi_common::os_sandbox
