// Knows what a link is on Windows, symbolic or a junction, and how its target is written.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wasi_common {

// Says if it leads to another name. Other reparse points are the business of drivers, and say nothing about a path.
bool leads_elsewhere(std::uint32_t tag);
// The target in a reparse point's bytes, as a guest has it: with slashes, and one before it where it does not begin at the link,
// which makes it absolute. False for what is no link, or is broken.
bool read_target(const std::uint8_t* bytes, std::size_t size, std::string& target);
// The bytes of a symbolic link to a relative target that has backslashes.
std::vector<std::uint8_t> write_target(std::u16string_view target);

}  // namespace wasi_common
