// Knows how names are written on both sides: in UTF-8 by the guest, in UTF-16 by Windows.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace wasi_common {

// False for bytes that are no UTF-8: overlong forms, surrogates and what lies beyond U+10FFFF are none.
bool to_utf16(std::string_view bytes, std::u16string& units);
// A surrogate without its other half, which Windows allows in names, becomes U+FFFD: the guest sees that something is there,
// and cannot name it.
std::string to_utf8(std::u16string_view units);

}  // namespace wasi_common
