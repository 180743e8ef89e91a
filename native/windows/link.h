// Windows symlinks, symbolic or junctions, and the encoding of their targets.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wasi_common {

// True if the reparse point leads to another name. Other tags belong to drivers, and do not affect
// a path.
bool leads_elsewhere(std::uint32_t tag);
// Decodes the target in a reparse point's bytes for a guest, with slashes. A target that does not
// begin at the symlink gets a leading slash, which makes it absolute. False for malformed bytes,
// and for a reparse point that is no symlink.
bool read_target(const std::uint8_t* bytes, std::size_t size, std::string& target);
// The bytes of a symlink to a relative target with backslashes.
std::vector<std::uint8_t> write_target(std::u16string_view target);

}  // namespace wasi_common
