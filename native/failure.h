// Knows what is kept of a host error that a WASI number cannot tell.
#pragma once
#include <string>

namespace wasi_common {

struct Failure {
  const char* call = "";  // the system call: a string that lives as long as the program
  int error = 0;          // the host's own number
  bool has_path = false;
  std::string path;  // bytes as the guest or the embedder gave them
};

}  // namespace wasi_common
