// Converts names between UTF-8, which the guest uses, and UTF-16, which Windows uses.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace wasi_common {

// False for bytes that are not UTF-8. Overlong forms, surrogates and code points above U+10FFFF are
// invalid.
bool to_utf16(std::string_view bytes, std::u16string& units);
// Converts an unpaired surrogate, which Windows allows in names, to U+FFFD. The guest sees that the
// entry exists, but cannot name it.
std::string to_utf8(std::u16string_view units);

}  // namespace wasi_common
