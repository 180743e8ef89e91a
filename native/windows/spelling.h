// Knows which names Windows takes for what they say, and which it takes for something else.
#pragma once
#include <string>
#include <string_view>

#include "wasi.h"

namespace wasi_common {

// A guest's single name as Windows wants it; "." becomes the empty name, by which a directory names itself. INVAL for a name
// that is a device, a stream, a path, or would be found under another name; ILSEQ for what is no UTF-8; NAMETOOLONG.
Answer spell(std::string_view name, std::u16string& units);
// 0 for a link's target that stays where it lies: NOTCAPABLE for one that begins elsewhere, INVAL and so on for what spell()
// refuses. `units` has backslashes.
Answer spell_target(std::string_view target, std::u16string& units);

}  // namespace wasi_common
