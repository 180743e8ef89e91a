// Tells ordinary names from those that Windows interprets.
#pragma once
#include <string>
#include <string_view>

#include "wasi.h"

namespace wasi_common {

// Converts a guest's single name to Windows' spelling. "." becomes the empty name, by which a
// directory denotes itself. INVAL for a device, a stream, a path, or a name that Windows would
// change. ILSEQ for invalid UTF-8; NAMETOOLONG.
Answer spell(std::string_view name, std::u16string& units);
// Converts a symlink's target to backslashes. Returns 0 for a relative target, NOTCAPABLE for an
// absolute one, and INVAL and so on for names that spell() refuses.
Answer spell_target(std::string_view target, std::u16string& units);

}  // namespace wasi_common
