// The details of a host error that a WASI number cannot express.
#pragma once
#include <string>

namespace wasi_common {

struct Failure {
  const char* call = "";  // the system call: a string with static lifetime
  int error = 0;          // the host's error number
  bool has_path = false;
  std::string path;  // bytes as the guest or the embedder passed them
};

}  // namespace wasi_common
