// Encodes and decodes reparse points.
#include "link.h"

#include <algorithm>
#include <cstring>

#include "nt.h"
#include "text.h"

namespace wasi_common {

bool leads_elsewhere(std::uint32_t tag) { return tag == nt::IO_REPARSE_TAG_SYMLINK || tag == nt::IO_REPARSE_TAG_MOUNT_POINT; }

bool read_target(const std::uint8_t* bytes, std::size_t size, std::string& target) {
  nt::REPARSE_DATA_BUFFER head;
  if (size < sizeof(head)) return false;
  std::memcpy(&head, bytes, sizeof(head));
  if (!leads_elsewhere(head.ReparseTag)) return false;
  std::size_t texts = sizeof(head);
  bool relative = false;
  if (head.ReparseTag == nt::IO_REPARSE_TAG_SYMLINK) {
    std::uint32_t flags = 0;
    if (size < texts + sizeof(flags)) return false;
    std::memcpy(&flags, bytes + texts, sizeof(flags));
    texts += sizeof(flags);
    relative = (flags & nt::SYMLINK_FLAG_RELATIVE) != 0;
  }
  if (texts + head.SubstituteNameOffset + head.SubstituteNameLength > size) return false;
  std::u16string units(head.SubstituteNameLength / 2, u'\0');
  std::memcpy(units.data(), bytes + texts + head.SubstituteNameOffset, 2 * units.size());
  const std::u16string_view raw = u"\\??\\";
  if (!relative && units.compare(0, raw.size(), raw) == 0) units.erase(0, raw.size());
  // `\x` is relative to a drive, and `C:x` to the current directory on that drive.
  const bool elsewhere = !relative || (units.size() > 1 && units[1] == u':');
  if (elsewhere) units.insert(0, 1, u'\\');
  std::replace(units.begin(), units.end(), u'\\', u'/');
  target = to_utf8(units);
  // Rejects a NUL, which would truncate the target.
  return target.find('\0') == std::string::npos;
}

std::vector<std::uint8_t> write_target(std::u16string_view target) {
  const std::uint32_t flags = nt::SYMLINK_FLAG_RELATIVE;
  const auto text = static_cast<std::uint16_t>(2 * target.size());
  // The target, and again as the print name.
  nt::REPARSE_DATA_BUFFER head{nt::IO_REPARSE_TAG_SYMLINK, 0, 0, 0, text, text, text};
  head.ReparseDataLength = static_cast<std::uint16_t>(sizeof(head) - 8 + sizeof(flags) + std::size_t{2} * text);
  std::vector<std::uint8_t> bytes(8U + head.ReparseDataLength);
  std::memcpy(bytes.data(), &head, sizeof(head));
  std::memcpy(bytes.data() + sizeof(head), &flags, sizeof(flags));
  std::memcpy(bytes.data() + sizeof(head) + sizeof(flags), target.data(), text);
  std::memcpy(bytes.data() + sizeof(head) + sizeof(flags) + head.SubstituteNameLength, target.data(), text);
  return bytes;
}

}  // namespace wasi_common
