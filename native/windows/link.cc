// Knows the bytes of reparse points.
#include "link.h"

#include <algorithm>
#include <cstring>

#include "nt.h"
#include "text.h"

namespace wasi_common {

bool leads_elsewhere(std::uint32_t tag) { return tag == nt::tag::symbolic_link || tag == nt::tag::mount_point; }

bool read_target(const std::uint8_t* bytes, std::size_t size, std::string& target) {
  nt::Reparse head;
  if (size < sizeof(head)) return false;
  std::memcpy(&head, bytes, sizeof(head));
  if (!leads_elsewhere(head.tag)) return false;
  std::size_t texts = sizeof(head);
  bool relative = false;
  if (head.tag == nt::tag::symbolic_link) {
    std::uint32_t flags = 0;
    if (size < texts + sizeof(flags)) return false;
    std::memcpy(&flags, bytes + texts, sizeof(flags));
    texts += sizeof(flags);
    relative = (flags & nt::relative_link) != 0;
  }
  if (texts + head.target_at + head.target_bytes > size) return false;
  std::u16string units(head.target_bytes / 2, u'\0');
  std::memcpy(units.data(), bytes + texts + head.target_at, 2 * units.size());
  const std::u16string_view raw = u"\\??\\";
  if (!relative && units.compare(0, raw.size(), raw) == 0) units.erase(0, raw.size());
  // `\x` is relative to a drive, and `C:x` to where somebody was on it.
  const bool elsewhere = !relative || (units.size() > 1 && units[1] == u':');
  if (elsewhere) units.insert(0, 1, u'\\');
  std::replace(units.begin(), units.end(), u'\\', u'/');
  target = to_utf8(units);
  // What lies behind a NUL would be cut off.
  return target.find('\0') == std::string::npos;
}

std::vector<std::uint8_t> write_target(std::u16string_view target) {
  const std::uint32_t flags = nt::relative_link;
  const auto text = static_cast<std::uint16_t>(2 * target.size());
  // The target, and once more as it is shown.
  nt::Reparse head{nt::tag::symbolic_link, 0, 0, 0, text, text, text};
  head.bytes = static_cast<std::uint16_t>(sizeof(head) - 8 + sizeof(flags) + std::size_t{2} * text);
  std::vector<std::uint8_t> bytes(8U + head.bytes);
  std::memcpy(bytes.data(), &head, sizeof(head));
  std::memcpy(bytes.data() + sizeof(head), &flags, sizeof(flags));
  std::memcpy(bytes.data() + sizeof(head) + sizeof(flags), target.data(), text);
  std::memcpy(bytes.data() + sizeof(head) + sizeof(flags) + head.target_bytes, target.data(), text);
  return bytes;
}

}  // namespace wasi_common
