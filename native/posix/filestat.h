// Translates stat(2) records to filestats, and times back.
#pragma once
#include <sys/stat.h>

#include <cstdint>
#include <ctime>

#include "block.h"
#include "wasi.h"

namespace wasi_common {

// `fd` distinguishes datagram sockets from streams; -1 if there is none.
Filetype filetype(const struct stat& status, int fd);
void write_filestat(const struct stat& status, Filetype type, Filestat& record);
// Fills the argument of utimensat(2). INVAL for contradictory flags.
Answer times_to_set(const Block& block, std::uint32_t flags, timespec (&times)[2]);
std::uint64_t nanoseconds(const timespec& time);

}  // namespace wasi_common
