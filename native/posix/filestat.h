// Translates what stat(2) reports of a file into the guest's terms, and back.
#pragma once
#include <sys/stat.h>

#include <cstdint>
#include <ctime>

#include "block.h"
#include "wasi.h"

namespace wasi_common {

// `fd` tells datagram sockets from streams; -1 where there is none.
Filetype filetype(const struct stat& status, int fd);
void write_filestat(const struct stat& status, Filetype type, Filestat& record);
// utimensat()'s argument. INVAL for a contradiction.
Answer times_to_set(const Block& block, std::uint32_t flags, timespec (&times)[2]);
std::uint64_t nanoseconds(const timespec& time);

}  // namespace wasi_common
