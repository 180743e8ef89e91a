// Fuzzes native/resolve.cc over a tree in memory. For any tree, path and failures, the walk stays
// beneath its root, releases every directory, and terminates. Its result equals that of a recursive
// walk that was written separately.
#include "resolve.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace wasi_common;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

// The bytes that determine a run, followed by zeros.
class Bytes {
 public:
  Bytes(const std::uint8_t* from, std::size_t size) : at_(from), end_(from + size) {}
  unsigned next() { return at_ == end_ ? 0 : *at_++; }
  unsigned below(unsigned limit) { return next() % limit; }
  bool once_in(unsigned times) { return below(times) == times - 1; }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

constexpr std::size_t max_name = 255;

// Names, dots, slashes, and occasionally more than fits.
std::string text(Bytes& bytes) {
  std::string made;
  for (unsigned parts = bytes.below(24); parts > 0; --parts) {
    switch (const unsigned part = bytes.below(24); part) {
      case 16: made += std::string(max_name, 'n'); break;
      case 17: made += std::string(bytes.once_in(2) ? 1023 : 1024, 'm'); break;
      case 18: {
        const std::string once = made;
        for (unsigned n = bytes.below(48); n > 0 && made.size() < max_path; --n) made += once;
        break;
      }
      case 19: made.insert(0, std::string(1000, '/')); break;
      case 20:
        for (unsigned n = bytes.next() * 9; n > 0; --n) made += "w/";
        break;
      default:
        if (part < 5)
          made += static_cast<char>('a' + part);
        else if (part < 8)
          made += "..";
        else if (part < 9)
          made += '.';
        else if (part < 10)
          made += "w";
        else
          made += '/';
    }
    if (made.size() > max_path) made.resize(max_path + bytes.below(2));
  }
  return made;
}

struct Node {
  enum Kind { directory, file, link } kind = directory;
  const Node* parent = nullptr;
  std::string target;
  std::map<std::string, Node*> children;
  // A directory that is its own child `w`, so that the walk gets as deep as paths are long.
  bool endless = false;
};

class Forest final : public Tree {
 public:
  explicit Forest(Bytes& bytes) : bytes_(bytes) {
    // The first node is outside, and contains the second, which is the root.
    nodes_.reserve(64);
    add(nullptr, "");
    add(&nodes_[0], "a");
    for (unsigned count = bytes.below(30); count > 0; --count) {
      Node& in = nodes_[bytes.below(static_cast<unsigned>(nodes_.size()))];
      if (in.kind == Node::directory)
        add(&in, std::string(1, static_cast<char>('a' + bytes.below(5))));
    }
    root_ = open(&nodes_[1]);
    fails_ = bytes.once_in(4);
    changes_ = bytes.once_in(4);
    says_ = bytes.below(3);
  }

  Directory root() const { return root_; }
  bool steady() const { return !fails_ && !changes_; }
  std::size_t opened() const { return open_.size(); }
  unsigned calls() const { return calls_; }

  Answer enter(Directory in, const char* name) override {
    const Node* found = nullptr;
    if (const Answer refused = find(in, name, found); refused != 0) return refused;
    if (found->kind == Node::link) return not_through_a_link();
    return found->kind == Node::directory ? open(found) : refuse(Errno::NotDir);
  }
  Answer read_link(Directory in, const char* name, char* into, std::size_t room) override {
    const Node* found = nullptr;
    if (const Answer refused = find(in, name, found); refused != 0) return refused;
    if (found->kind != Node::link) return refuse(Errno::Inval);
    return static_cast<Answer>(found->target.copy(into, room));
  }
  void leave(Directory directory) override {
    require(directory != root_, "the root is not left");
    require(open_.erase(directory) == 1, "what is left was open");
  }

  const Node& at(Directory directory) const {
    const auto found = open_.find(directory);
    require(found != open_.end(), "a directory in use is open");
    return *found->second;
  }
  static const Node* child(const Node& in, const std::string& name) {
    if (in.endless && name == "w") return &in;
    const auto found = in.children.find(name);
    return found == in.children.end() ? nullptr : found->second;
  }
  // The error of the BSDs, or of Linux.
  Answer not_through_a_link() const {
    constexpr Errno answers[] = {Errno::NotDir, Errno::Loop, Errno::Mlink};
    return refuse(answers[says_]);
  }

 private:
  Node& add(Node* parent, const std::string& name) {
    Node& node = nodes_.emplace_back();
    node.parent = parent;
    if (parent != nullptr) parent->children[name] = &node;
    node.endless = bytes_.once_in(4);
    if (nodes_.size() <= 2) return node;
    const unsigned kind = bytes_.below(8);
    node.kind = kind < 3 ? Node::directory : kind < 4 ? Node::file : Node::link;
    // A symlink to `.` can be followed again and again.
    if (node.kind == Node::link) node.target = bytes_.once_in(3) ? "." : text(bytes_);
    return node;
  }
  Directory open(const Node* node) {
    open_[++last_] = node;
    return last_;
  }
  bool beneath(const Node* node) const {
    while (node != nullptr && node != &nodes_[1]) node = node->parent;
    return node != nullptr;
  }
  // Resolves `..` and all, as the kernel does: the walk must not depend on it.
  Answer find(Directory in, const char* name, const Node*& found) {
    ++calls_;
    const Node& directory = at(in);
    if (fails_ && bytes_.once_in(16)) return bytes_.once_in(2) ? unexpected : refuse(Errno::Mfile);
    if (changes_ && bytes_.once_in(8)) change();
    const std::string wanted = name;
    require(!wanted.empty() && wanted.find('/') == std::string::npos,
            "a name is asked for, not a path");
    if (wanted.size() > max_name) return refuse(Errno::NameTooLong);
    found = wanted == ".."  ? directory.parent
            : wanted == "." ? &directory
                            : child(directory, wanted);
    if (found == nullptr) return refuse(Errno::NoEnt);
    require(beneath(found), "nothing outside is ever reached");
    return 0;
  }
  // Replaces a directory with a symlink, or the reverse.
  void change() {
    Node& node = nodes_[bytes_.below(static_cast<unsigned>(nodes_.size()))];
    if (&node == &nodes_[0] || &node == &nodes_[1] || node.kind == Node::file) return;
    node.kind = node.kind == Node::link ? Node::directory : Node::link;
    if (node.target.empty()) node.target = "../../a";
  }

  Bytes& bytes_;
  std::vector<Node> nodes_;
  std::map<Directory, const Node*> open_;
  Directory last_ = 0;
  Directory root_ = 0;
  bool fails_ = false;
  bool changes_ = false;
  unsigned says_ = 0;
  unsigned calls_ = 0;
};

// The same rules by recursion over strings: a symlink is a path walked from the symlink's
// directory.
class Naive {
 public:
  Naive(const Forest& forest, unsigned how) : how_(how) {
    stack_.push_back(&forest.at(forest.root()));
  }

  // `behind`: the number of bytes after this path, beginning with a slash. `last`: no name is among
  // them.
  Answer walk(const std::string& path, std::size_t behind, bool last) {
    if (path.empty()) return refuse(Errno::NoEnt);
    if (path[0] == '/') return refuse(Errno::NotCapable);
    for (std::size_t from = 0; from < path.size();) {
      const std::size_t to = std::min(path.find('/', from), path.size());
      const std::size_t next = std::min(path.find_first_not_of('/', to), path.size());
      const bool slash = to < next || (next == path.size() && behind > 0);
      const Answer said = step(path.substr(from, to - from), slash, last && next == path.size(),
                               path.size() - to + behind);
      if (said != 0 || done_) return said;
      from = next;
    }
    return 0;
  }

  const Node* directory() const { return stack_.back(); }
  const std::string& name() const { return name_; }
  bool slash() const { return slash_; }
  bool up() const { return up_; }

 private:
  Answer step(const std::string& name, bool slash, bool last, std::size_t behind) {
    if (name == "." || name == "..") {
      if (name == "..") {
        if (stack_.size() == 1) return refuse(Errno::NotCapable);
        stack_.pop_back();
      }
      return last ? stop(".", false, name == "..") : 0;
    }
    if (name.size() >= sizeof(ResolvedParent::name)) return refuse(Errno::NameTooLong);
    const bool into = !last || (slash && (how_ & enter) != 0);
    const Node* const found = Forest::child(*stack_.back(), name);
    const bool follows = into || (!slash && (how_ & follow) != 0);
    if (into && stack_.size() == max_depth) return refuse(Errno::NameTooLong);
    if (follows && name.size() > max_name) return refuse(Errno::NameTooLong);
    if (follows && found != nullptr && found->kind == Node::link) {
      if (++links_ > max_links) return refuse(Errno::Loop);
      if (found->target.empty()) return refuse(Errno::NoEnt);
      if (found->target.size() > max_path || found->target.size() + behind > room)
        return refuse(Errno::NameTooLong);
      return walk(found->target, behind, last);
    }
    if (!into) return stop(name, slash, false);
    if (found == nullptr) return refuse(Errno::NoEnt);
    if (found->kind != Node::directory) return refuse(Errno::NotDir);
    stack_.push_back(found);
    return last ? stop(".", false, false) : 0;
  }
  Answer stop(const std::string& name, bool slash, bool up) {
    name_ = name;
    slash_ = slash;
    up_ = up;
    done_ = true;
    return 0;
  }

  // The limits of resolve.cc: nested directories, and bytes of path still to be walked.
  static constexpr std::size_t max_depth = 2049;
  static constexpr std::size_t room = 4 * (max_path + 1);
  const unsigned how_;
  std::vector<const Node*> stack_;
  int links_ = 0;
  bool done_ = false;
  std::string name_;
  bool slash_ = false;
  bool up_ = false;
};

void compare(const Forest& forest, const std::string& path, unsigned how, Answer answer,
             const ResolvedParent& resolved) {
  Naive naive(forest, how);
  require(answer == naive.walk(path, 0, true), "both walks give the same answer");
  if (answer != 0) return;
  require(&forest.at(resolved.directory) == naive.directory(),
          "both walks end in the same directory");
  require(resolved.name == naive.name(), "both walks end at the same name");
  require(resolved.must_be_directory == naive.slash() && resolved.up == naive.up(),
          "both walks say the same of the end");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* from, std::size_t size) {
  Bytes bytes(from, size);
  const unsigned how = bytes.below(4);
  std::string path = text(bytes);
  if (path.size() > max_path) path.resize(max_path);
  Forest forest(bytes);
  ResolvedParent resolved;
  const Answer answer = resolve(forest, forest.root(), path.data(), path.size(), how, resolved);

  // Each of 41 texts has at most 2048 names, and each name has at most two questions.
  require(forest.calls() <= 41 * 2048 * 2, "the walk is short");
  const std::set<Answer> refusals = {refuse(Errno::NoEnt), refuse(Errno::NotDir),
                                     refuse(Errno::Loop), refuse(Errno::NameTooLong),
                                     refuse(Errno::NotCapable)};
  if (forest.steady())
    require(answer == 0 || refusals.count(answer) == 1,
            "the answer is one of those that are documented");
  if (answer == 0) {
    require(std::memchr(resolved.name, '\0', sizeof(resolved.name)) != nullptr, "the name ends");
    const std::string name = resolved.name;
    require(!name.empty() && name != ".." && name.find('/') == std::string::npos,
            "the name is a name");
    require(resolved.owned == (resolved.directory != forest.root()),
            "all but the root belong to the resolved parent");
  }
  if (forest.steady()) compare(forest, path, how, answer, resolved);
  if (answer == 0 && resolved.owned) forest.leave(resolved.directory);
  require(forest.opened() == 1, "every directory was left");
  return 0;
}

#ifdef STANDALONE
#include <chrono>

// Runs random bytes on machines without libFuzzer. Takes seconds, and a seed.
int main(int count, char** words) {
  const double seconds = count > 1 ? std::atof(words[1]) : 10;
  std::uint64_t state = count > 2 ? std::strtoull(words[2], nullptr, 10) : 1;
  const auto random = [&state] {
    // splitmix64
    std::uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  };
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  unsigned long runs = 0;
  for (std::vector<std::uint8_t> bytes; Clock::now() < end; ++runs) {
    bytes.resize(16 + random() % 400);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  std::printf("%lu runs\n", runs);
  return 0;
}
#endif
