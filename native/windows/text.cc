// Converts between UTF-8 and UTF-16.
#include "text.h"

namespace wasi_common {

bool to_utf16(std::string_view bytes, std::u16string& units) {
  // The lowest code point for each byte count: a lower one would be an overlong form.
  constexpr char32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
  units.clear();
  for (std::size_t at = 0; at < bytes.size();) {
    const auto first = static_cast<unsigned char>(bytes[at]);
    const std::size_t count = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : 0;
    if (count == 0 || count > bytes.size() - at) return false;
    char32_t point = count == 1 ? first : first & (0x7fU >> count);
    for (std::size_t i = 1; i < count; ++i) {
      const auto next = static_cast<unsigned char>(bytes[at + i]);
      if ((next & 0xc0) != 0x80) return false;
      point = point << 6 | (next & 0x3f);
    }
    if (count > 1 && point < lowest[count]) return false;
    if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return false;
    if (point < 0x10000) {
      units += static_cast<char16_t>(point);
    } else {
      units += static_cast<char16_t>(0xd7c0 + (point >> 10));
      units += static_cast<char16_t>(0xdc00 + (point & 0x3ff));
    }
    at += count;
  }
  return true;
}

std::string to_utf8(std::u16string_view units) {
  std::string bytes;
  const auto put = [&](char32_t value) { bytes += static_cast<char>(static_cast<unsigned char>(value)); };
  for (std::size_t at = 0; at < units.size(); ++at) {
    char32_t point = units[at];
    if (point >= 0xd800 && point < 0xe000) {
      const char32_t next = at + 1 < units.size() ? units[at + 1] : 0;
      if (point < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
        point = 0x10000 + ((point - 0xd800) << 10) + (next - 0xdc00);
        ++at;
      } else {
        point = 0xfffd;
      }
    }
    if (point < 0x80) {
      put(point);
    } else if (point < 0x800) {
      put(0xc0 | point >> 6);
      put(0x80 | (point & 0x3f));
    } else if (point < 0x10000) {
      put(0xe0 | point >> 12);
      put(0x80 | (point >> 6 & 0x3f));
      put(0x80 | (point & 0x3f));
    } else {
      put(0xf0 | point >> 18);
      put(0x80 | (point >> 12 & 0x3f));
      put(0x80 | (point >> 6 & 0x3f));
      put(0x80 | (point & 0x3f));
    }
  }
  return bytes;
}

}  // namespace wasi_common
