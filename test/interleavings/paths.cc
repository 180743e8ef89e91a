// Appends component by component.
#include "paths.h"

#include "files.h"

namespace interleavings {
namespace {

void extend(const Path& path, unsigned components, std::vector<Path>& into) {
  if (path.components == components) {
    into.push_back(path);
    into.push_back({path.text + '/', path.components, path.letters});
    if (components == 1) into.push_back({'/' + path.text, path.components, path.letters});
    return;
  }
  const auto append = [&](const std::string& component, unsigned letters) {
    const std::string text = path.text.empty() ? component : path.text + '/' + component;
    extend({text, path.components + 1, letters}, components, into);
  };
  append(".", path.letters);
  append("..", path.letters);
  for (unsigned name = 0; name < path.letters; ++name) append({letter(static_cast<Name>(name))}, path.letters);
  append({letter(static_cast<Name>(path.letters))}, path.letters + 1);
}

}  // namespace

std::vector<Path> paths_of(unsigned most_components) {
  std::vector<Path> paths;
  for (unsigned components = 1; components <= most_components; ++components) extend({"", 0, 0}, components, paths);
  return paths;
}

}  // namespace interleavings
