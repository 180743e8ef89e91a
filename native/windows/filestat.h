// Translates Windows' file information to a filestat.
#pragma once
#include "guest-view.h"
#include "nt.h"

namespace wasi_common {

// Fills block.record.
Answer write_filestat(GuestView& guest, nt::HANDLE file, Filetype type, std::uint64_t device, const char* path = nullptr);

}  // namespace wasi_common
