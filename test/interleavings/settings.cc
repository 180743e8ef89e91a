// Parses the words of the command line.
#include "settings.h"

#include <cstdlib>
#include <cstring>

#include "failure.h"

namespace interleavings {
namespace {

void read(const char* word, Settings& into) {
  const std::size_t size = std::strcspn(word, "=");
  const std::string name(word, size);
  const std::string value = word[size] == '=' ? word + size + 1 : "";
  const auto number = static_cast<unsigned>(std::strtoul(value.c_str(), nullptr, 10));
  if (name == "components")
    into.components = number;
  else if (name == "names")
    into.bounds.names = number;
  else if (name == "changes")
    into.bounds.changes = number;
  else if (name == "letters" && number <= max_letters)
    into.bounds.letters = number;
  else if (name == "links")
    into.host.links = number;
  else if (name == "refusal" && value == "notdir")
    into.host.refusal = Errno::NotDir;
  else if (name == "refusal" && value == "loop")
    into.host.refusal = Errno::Loop;
  else if (name == "refusal" && value == "mlink")
    into.host.refusal = Errno::Mlink;
  else if (name == "host" && value == "follows-links")
    into.host.follows_links = true;
  else if (name == "host" && value == "takes-paths")
    into.host.takes_paths = true;
  else if (name == "every-how")
    into.every_how = true;
  else if (name == "unreduced")
    into.unreduced = true;
  else if (name == "share")
    into.share = number;
  else if (name == "shares" && number > 0)
    into.shares = number;
  else
    fail(("the command line has only known words, not " + std::string(word)).c_str());
}

}  // namespace

Settings read_settings(int count, const char* const* words) {
  Settings settings;
  for (int index = 1; index < count; ++index) read(words[index], settings);
  return settings;
}

}  // namespace interleavings
