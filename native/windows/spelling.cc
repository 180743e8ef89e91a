// The names that Windows treats specially. lib/sys/typescript/windows.ts has the same rules.
#include "spelling.h"

#include <algorithm>

#include "text.h"

namespace wasi_common {
namespace {

constexpr std::size_t max_units = 255;
// A reparse point contains the target twice.
constexpr std::size_t max_target = 4000;

char16_t upper(char16_t unit) { return unit >= u'a' && unit <= u'z' ? static_cast<char16_t>(unit - 32) : unit; }

// Separators, drives and streams, wildcards, control characters.
bool forbidden(char16_t unit) {
  return unit < 0x20 || std::u16string_view(u"\\/:*?\"<>|").find(unit) != std::u16string_view::npos;
}

// True for a DOS device name. Windows finds devices in every directory, with any extension, and
// with spaces before it: `com1.txt`, `NUL .a`. COM and LPT also take superscript digits. Newer
// systems reserve fewer of these names than older ones.
// @see https://learn.microsoft.com/windows/win32/fileio/naming-a-file
bool device(std::u16string_view name) {
  std::u16string stem(name.substr(0, name.find_first_of(u".:")));
  while (!stem.empty() && stem.back() == u' ') stem.pop_back();
  std::transform(stem.begin(), stem.end(), stem.begin(), upper);
  constexpr std::u16string_view whole[] = {u"CON", u"PRN", u"AUX", u"NUL", u"CONIN$", u"CONOUT$"};
  if (std::find(std::begin(whole), std::end(whole), stem) != std::end(whole)) return true;
  if (stem.size() != 4) return false;
  const std::u16string_view port = std::u16string_view(stem).substr(0, 3);
  return (port == u"COM" || port == u"LPT") && std::u16string_view(u"0123456789\u00b9\u00b2\u00b3").find(stem[3]) != stem.npos;
}

}  // namespace

Answer spell(std::string_view name, std::u16string& units) {
  units.clear();
  if (name == ".") return 0;
  if (!to_utf16(name, units)) return refuse(Errno::Ilseq);
  if (units.empty() || units.back() == u'.' || units.back() == u' ') return refuse(Errno::Inval);
  if (std::any_of(units.begin(), units.end(), forbidden) || device(units)) return refuse(Errno::Inval);
  return units.size() > max_units ? refuse(Errno::NameTooLong) : 0;
}

Answer spell_target(std::string_view target, std::u16string& units) {
  if (target[0] == '/' || target[0] == '\\' || (target.size() > 1 && target[1] == ':')) return refuse(Errno::NotCapable);
  for (std::size_t at = 0; at < target.size();) {
    const std::size_t end = std::min(target.find('/', at), target.size());
    const std::string_view name = target.substr(at, end - at);
    at = end + 1;
    if (name.empty() || name == "..") continue;
    if (const Answer refused = spell(name, units); refused != 0) return refused;
  }
  to_utf16(target, units);
  std::replace(units.begin(), units.end(), u'/', u'\\');
  return units.size() > max_target ? refuse(Errno::NameTooLong) : 0;
}

}  // namespace wasi_common
