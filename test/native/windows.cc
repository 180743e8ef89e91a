// Tests the Windows host on a volume of NTFS in memory: each case prints a line, "ok" or the
// failure.
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "host.h"
#include "ntfs.h"
#include "spelling.h"
#include "stream.h"
#include "text.h"
#include "times.h"

// Stubs for the parts of the host that the cases do not reach, because they are not about files.
namespace wasi_common {
int close_socket(nt::HANDLE) { return 0; }
std::int64_t file_time() { return 133000000000000000; }
Answer Host::recv(Handle, std::uint32_t, std::uint32_t) { return unexpected; }
Answer Host::send(Handle, std::uint32_t, std::uint32_t) { return unexpected; }
Answer read_stream(State&, File&, std::uint8_t*, std::uint32_t) { return unexpected; }
Answer write_stream(State&, File&, const std::uint8_t*, std::uint32_t) { return unexpected; }
}  // namespace wasi_common

namespace {

using namespace wasi_common;

int failures = 0;
std::string wrong;

void same(Answer found, Answer wanted, const std::string& about) {
  if (found == wanted) return;
  wrong += "\n  " + about + ": " + std::to_string(found) + ", not " + std::to_string(wanted);
}
void same(const std::string& found, const std::string& wanted, const std::string& about) {
  if (found != wanted) wrong += "\n  " + about + ": \"" + found + "\", not \"" + wanted + "\"";
}
void holds(bool condition, const std::string& about) {
  if (!condition) wrong += "\n  " + about + ": does not hold";
}
Answer no(Errno error) { return refuse(error); }

// A guest whose preopen is \root.
class Guest {
 public:
  explicit Guest(bool modern = true) {
    ntfs::format(modern);
    ntfs::directory(u"root");
    ntfs::directory(u"outside");
    ntfs::file(u"outside\\secret", "secret");
    host_.bind(memory_.data(), memory_.size());
    File root;
    root.object = ntfs::open(u"root");
    root.type = Filetype::Directory;
    root.device = 7;
    dir = static_cast<Answer>(host_.table()->place(std::move(root)));
  }

  Answer open(const std::string& path, std::uint32_t access = 1, std::uint32_t oflags = 0, std::uint32_t follow = 1) {
    const auto at = put(path);
    return host_.open(handle(dir), at, size(path), follow, oflags, 0, access);
  }
  Answer create(const std::string& path, std::uint32_t more = 0) { return open(path, 3, oflags::creat | more); }
  Answer close(Answer file) { return host_.close(handle(file)); }
  Answer stat(const std::string& path, std::uint32_t follow = 0) {
    const auto at = put(path);
    return host_.filestat_at(handle(dir), at, size(path), follow);
  }
  Answer type(const std::string& path, std::uint32_t follow = 0) {
    const Answer answer = stat(path, follow);
    return answer == 0 ? static_cast<Answer>(block_->record.type) : answer;
  }
  const Filestat& record() const { return block_->record; }
  Answer mkdir(const std::string& path) { return host_.mkdir(handle(dir), put(path), size(path)); }
  Answer rmdir(const std::string& path) { return host_.rmdir(handle(dir), put(path), size(path)); }
  Answer unlink(const std::string& path) { return host_.unlink(handle(dir), put(path), size(path)); }
  Answer symlink(const std::string& target, const std::string& path) {
    const auto aim = put(target);
    return host_.symlink(aim, size(target), handle(dir), put(path), size(path));
  }
  Answer link(const std::string& from, const std::string& to, std::uint32_t follow = 0) {
    const auto at = put(from);
    return host_.link(handle(dir), at, size(from), follow, handle(dir), put(to), size(to));
  }
  Answer rename(const std::string& from, const std::string& to) {
    const auto at = put(from);
    return host_.rename(handle(dir), at, size(from), handle(dir), put(to), size(to));
  }
  std::string readlink(const std::string& path, std::uint32_t room = 4096) {
    const auto at = put(path);
    const Answer answer = host_.readlink(handle(dir), at, size(path), into, room);
    return answer < 0 ? std::to_string(answer) : text(answer);
  }
  std::string read(Answer file, std::uint32_t length) {
    block_->spans[0] = {into, length};
    const Answer answer = host_.readv(handle(file), 1);
    return answer < 0 ? std::to_string(answer) : text(answer);
  }
  Answer write(Answer file, const std::string& bytes) {
    block_->spans[0] = {put(bytes), size(bytes)};
    return host_.writev(handle(file), 1);
  }
  std::vector<std::string> list(Answer file, std::uint32_t room = 300) {
    std::vector<std::string> names;
    block_->cookie = 0;
    for (;;) {
      const Answer filled = host_.readdir(handle(file), into, room);
      if (filled < 0) return {std::to_string(filled)};
      std::uint32_t at = 0;
      for (Dirent record; at + sizeof(record) <= static_cast<std::size_t>(filled); at += sizeof(record) + record.name_length) {
        std::memcpy(&record, &memory_[into + at], sizeof(record));
        if (at + sizeof(record) + record.name_length > static_cast<std::size_t>(filled)) break;
        names.emplace_back(reinterpret_cast<const char*>(&memory_[into + at + sizeof(record)]), record.name_length);
        block_->cookie = record.next;
      }
      if (filled < room) return names;
    }
  }
  // Expects this error from all calls on a path.
  void all(const std::string& path, Errno error) {
    const Answer wanted = no(error);
    same(open(path), wanted, "open " + path);
    same(create(path), wanted, "create " + path);
    same(open(path, 1, oflags::directory), wanted, "open as a directory " + path);
    same(stat(path), wanted, "stat " + path);
    same(stat(path, 1), wanted, "stat, following " + path);
    same(mkdir(path), wanted, "mkdir " + path);
    same(rmdir(path), wanted, "rmdir " + path);
    same(unlink(path), wanted, "unlink " + path);
    same(symlink("x", path), wanted, "symlink " + path);
    same(readlink(path), std::to_string(wanted), "readlink " + path);
    same(link(path, "fresh"), wanted, "link from " + path);
    same(link("f", path), wanted, "link to " + path);
    same(rename(path, "fresh"), wanted, "rename from " + path);
    same(rename("f", path), wanted, "rename to " + path);
    same(host_.set_times_at(handle(dir), put(path), size(path), 0, 2), wanted, "set times of " + path);
  }

  static Handle handle(Answer answer) { return static_cast<Handle>(answer); }
  Host& host() { return host_; }
  Block& block() { return *block_; }
  Answer dir = 0;

 private:
  static constexpr std::uint32_t into = 1 << 16;
  std::uint32_t put(const std::string& text) {
    at_ = at_ + text.size() + 16 > into ? 16 : at_;
    const std::uint32_t at = at_;
    std::memcpy(&memory_[at], text.data(), text.size());
    at_ += static_cast<std::uint32_t>(text.size()) + 1;
    return at;
  }
  static std::uint32_t size(const std::string& text) { return static_cast<std::uint32_t>(text.size()); }
  std::string text(Answer length) { return {reinterpret_cast<const char*>(&memory_[into]), static_cast<std::size_t>(length)}; }

  std::uint32_t at_ = 16;
  std::vector<std::uint8_t> memory_ = std::vector<std::uint8_t>(1 << 20);
  std::unique_ptr<Block> block_ = std::make_unique<Block>();
  Host host_{block_.get(), false, std::make_shared<Table>()};
};

constexpr auto regular = static_cast<Answer>(Filetype::RegularFile);
constexpr auto directory = static_cast<Answer>(Filetype::Directory);
constexpr auto a_link = static_cast<Answer>(Filetype::SymbolicLink);

void odd_names() {
  Guest g;
  ntfs::file(u"root\\f", "hello");
  ntfs::stream(u"root\\f", u"s", "hidden");
  ntfs::directory(u"root\\d");
  const char* const names[] = {
      "CON",
      "con",
      "PRN",
      "AUX",
      "NUL",
      "nul",
      "COM1",
      "com9",
      "COM0",
      "LPT1",
      "lpt9",
      "COM\xc2\xb9",
      "LPT\xc2\xb2",
      "com\xc2\xb3",
      "CON.txt",
      "AUX.a.b",
      "CON .txt",
      "nul.",
      "CONIN$",
      "conout$",
      "CONOUT$.x",
      "CON ",
      "f:s",
      "f::$DATA",
      "d::$INDEX_ALLOCATION",
      "d:$I30:$INDEX_ALLOCATION",
      ":s",
      "f:",
      "f.",
      "f ",
      "f. .",
      "...",
      ". .",
      "d ",
      "d...",
      "C:",
      "c:f",
      "C:\\f",
      "\\f",
      "\\\\?\\C:\\x",
      "\\??\\C:\\x",
      "d\\f",
      "..\\outside\\secret",
      "..\\f",
      "\\",
      "a*",
      "a?",
      "a<",
      "a>",
      "a\"",
      "a|",
      "a\nb",
      "\x01",
      "\x1f",
      "a\tb",
  };
  for (const char* const name : names) {
    g.all(name, Errno::Inval);
    g.all(std::string("d/") + name, Errno::Inval);
    same(g.stat(std::string(name) + "/x"), no(Errno::Inval), std::string("on the way: ") + name);
  }
  const auto seen = ntfs::seen();
  same(seen.strange, 0, "what Windows would take for a path or a stream was never asked for");
  same(ntfs::data(u"root\\f"), "hello", "nothing changed");
}

void plain_names() {
  Guest g;
  const char* const names[] = {"CONSOLE",          "COM",  "COM10",       "xCON", "nul_",
                               ".hidden",          "a b",  "a.b",         "~",    "$HOME",
                               "%2e%2e",           "-rf",  "COM\xc2\xb4", " x",   "\xe6\x97\xa5\xe6\x9c\xac",
                               "\xf0\x9f\x98\x80", "\x7f", "a~1",         "'",    ";&^,=+[]{}()@!#`"};
  for (const char* const name : names) {
    const Answer file = g.create(name);
    holds(file >= 0, std::string("create ") + name);
    same(g.close(file), 0, name);
    same(g.type(name), regular, name);
    same(g.unlink(name), 0, name);
  }
}

void encodings() {
  Guest g;
  ntfs::file(u"root\\f");
  const char* const broken[] = {"\xff",
                                "\x80",
                                "a\xc3",
                                "\xc0\xaf",
                                "\xc0\xae",
                                "\xe0\x80\xaf",
                                "\xf0\x80\x80\xaf",
                                "\xed\xa0\x80",
                                "\xed\xbf\xbf",
                                "\xf4\x90\x80\x80",
                                "\xf8\x88\x80\x80\x80",
                                "\xe2\x82"};
  for (const char* const name : broken) g.all(name, Errno::Ilseq);
  same(g.symlink("\xff", "l"), no(Errno::Ilseq), "a link's target");
  // Names that Windows allows and UTF-8 cannot express: listed, but not reachable.
  ntfs::file(u"root\\lone\xd800");
  const auto names = g.list(g.dir);
  holds(names.size() == 4 && names[3] == "lone\xef\xbf\xbd", "a lone surrogate is listed as U+FFFD");
  same(g.stat("lone\xef\xbf\xbd"), no(Errno::NoEnt), "and cannot be named");
  same(g.stat("lone\xed\xa0\x80"), no(Errno::Ilseq), "not even so");
  std::u16string units;
  for (char32_t point = 1; point < 0x110000; point += point < 0x3000 ? 1 : 0x101) {
    if (point >= 0xd800 && point < 0xe000) continue;
    std::u16string once;
    if (point < 0x10000)
      once += static_cast<char16_t>(point);
    else
      (once += static_cast<char16_t>(0xd7c0 + (point >> 10))) += static_cast<char16_t>(0xdc00 + (point & 0x3ff));
    holds(to_utf16(to_utf8(once), units) && units == once, "there and back: " + std::to_string(point));
  }
}

void lengths() {
  Guest g;
  ntfs::file(u"root\\f");
  same(g.close(g.create(std::string(255, 'x'))), 0, "255 units");
  g.all(std::string(256, 'x'), Errno::NameTooLong);
  std::string wide;
  for (int i = 0; i < 255; ++i) wide += "\xe6\x97\xa5";
  same(g.close(g.create(wide)), 0, "255 units of three bytes");
  g.all(wide + "x", Errno::NameTooLong);
  g.all(std::string(4096, '/'), Errno::NameTooLong);
  g.all(std::string("f\0x", 3), Errno::Inval);
  g.all("", Errno::NoEnt);
  g.all("/", Errno::NotCapable);
  g.all("/f", Errno::NotCapable);
  same(g.symlink(std::string(4001, 'x'), "l"), no(Errno::NameTooLong), "a target that a reparse point has no room for");
}

void dots() {
  Guest g;
  ntfs::directory(u"root\\a");
  ntfs::directory(u"root\\a\\b");
  ntfs::file(u"root\\a\\b\\f");
  ntfs::file(u"root\\f");
  for (const char* const path : {"a/b/f", "./a/b/f", "a/../a/b/f", "a//b///f", "a/b/../../a/b/f"})
    same(g.type(path), regular, path);
  for (const char* const path : {".", "./", "a/..", "a/../", "a/b/../.."}) same(g.type(path), directory, path);
  for (const char* const path : {"..", "../", "../outside/secret", "a/../..", "a/../../root/f", "../."})
    g.all(path, Errno::NotCapable);
  for (const char* const path : {"f/.", "f/..", "f/", "f/x"}) same(g.stat(path), no(Errno::NotDir), path);
  for (const char* const path : {"gone/.", "gone/..", "gone/", "gone/x"}) same(g.stat(path), no(Errno::NoEnt), path);
}

void links() {
  Guest g;
  ntfs::directory(u"root\\a");
  ntfs::directory(u"root\\a\\b");
  ntfs::file(u"root\\a\\b\\f", "hello");
  ntfs::symbolic_link(u"root\\l", u"a");
  ntfs::symbolic_link(u"root\\a\\up", u"..");
  ntfs::symbolic_link(u"root\\a\\b\\far", u"..\\..\\a\\b");
  ntfs::symbolic_link(u"root\\last", u"a\\b\\f");
  ntfs::symbolic_link(u"root\\gone", u"nowhere");
  ntfs::symbolic_link(u"root\\self", u"self");
  for (const char* const path : {"l/b/f", "a/up/a/b/f", "a/b/far/f", "l/up/l/b/f"}) same(g.type(path), regular, path);
  same(g.type("last"), a_link, "a link");
  same(static_cast<Answer>(g.record().size), 5, "as long as its target");
  same(g.type("last", 1), regular, "followed");
  same(g.readlink("last"), "a/b/f", "with slashes");
  same(g.readlink("last", 3), "a/b", "cut");
  same(g.open("last", 1, 0, 0), no(Errno::Loop), "not followed");
  same(g.open("last", 3, oflags::trunc, 0), no(Errno::Loop), "nor cut");
  same(g.open("l", 1, oflags::directory, 0), no(Errno::NotDir), "nor a directory");
  same(ntfs::data(u"root\\a\\b\\f"), "hello", "the file is as it was");
  same(g.close(g.open("last", 3, oflags::trunc)), 0, "followed, and cut");
  same(ntfs::data(u"root\\a\\b\\f"), "", "the file is cut");
  same(g.type("gone", 1), no(Errno::NoEnt), "a dangling link");
  same(g.create("gone", oflags::excl), no(Errno::Exist), "EXCL does not follow it");
  same(g.close(g.create("gone")), 0, "CREAT does");
  holds(ntfs::exists(u"root\\nowhere"), "and makes the file");
  same(g.type("self", 1), no(Errno::Loop), "a loop");
  same(g.stat("self/x"), no(Errno::Loop), "on the way");
  same(g.unlink("l"), 0, "a link is unlinked");
  same(g.rmdir("self"), no(Errno::NotDir), "and not removed as a directory");
  same(ntfs::seen().followed, 0, "none was followed by the system");
}

void chains() {
  Guest g;
  ntfs::file(u"root\\f");
  const auto name = [](int number) {
    const std::string text = "l" + std::to_string(number);
    return std::u16string(text.begin(), text.end());
  };
  for (int i = 1; i <= 41; ++i) ntfs::symbolic_link(u"root\\" + name(i), i == 1 ? u"f" : name(i - 1));
  same(g.type("l40", 1), regular, "40 links");
  same(g.type("l41", 1), no(Errno::Loop), "41 links");
}

// Tries every call on a name that escapes.
void kept_in(Guest& g, const std::string& name) {
  same(g.type(name), a_link, name);
  for (const std::string& path : {name + "/", name + "/.", name + "/secret", name + "/../x"}) {
    same(g.stat(path), no(Errno::NotCapable), path);
    same(g.open(path), no(Errno::NotCapable), path);
  }
  same(g.stat(name, 1), no(Errno::NotCapable), name);
  same(g.open(name), no(Errno::NotCapable), name);
  same(g.create(name), no(Errno::NotCapable), name);
  same(g.open(name, 3, oflags::trunc), no(Errno::NotCapable), name);
  same(g.mkdir(name + "/new"), no(Errno::NotCapable), name);
  same(g.rmdir(name + "/new"), no(Errno::NotCapable), name);
  same(g.unlink(name + "/secret"), no(Errno::NotCapable), name);
  same(g.rename(name + "/secret", "mine"), no(Errno::NotCapable), name);
  same(g.rename("f", name + "/mine"), no(Errno::NotCapable), name);
  same(g.link(name + "/secret", "mine"), no(Errno::NotCapable), name);
  same(g.link(name, "mine", 1), no(Errno::NotCapable), name);
  same(g.symlink("x", name + "/mine"), no(Errno::NotCapable), name);
  same(ntfs::data(u"outside\\secret"), "secret", name);
}

void ways_out() {
  Guest g;
  ntfs::file(u"root\\f");
  ntfs::directory(u"root\\a");
  ntfs::symbolic_link(u"root\\up", u"..");
  ntfs::symbolic_link(u"root\\out", u"..\\outside");
  ntfs::symbolic_link(u"root\\deep", u"a\\..\\..\\outside");
  ntfs::symbolic_link(u"root\\slashes", u"../outside");
  ntfs::symbolic_link(u"root\\rooted", u"\\outside");
  ntfs::symbolic_link(u"root\\absolute", u"\\??\\C:\\outside", false);
  ntfs::symbolic_link(u"root\\drive", u"C:\\outside");
  ntfs::symbolic_link(u"root\\here", u"C:outside");
  ntfs::symbolic_link(u"root\\share", u"\\??\\UNC\\server\\share", false);
  ntfs::symbolic_link(u"root\\inside", u"\\??\\C:\\root\\f", false);
  ntfs::junction(u"root\\junction", u"\\??\\C:\\outside");
  ntfs::junction(u"root\\volume", u"\\??\\Volume{00000000-0000-0000-0000-000000000000}\\");
  ntfs::junction(u"root\\within", u"\\??\\C:\\root\\a");
  for (const char* const name :
       {"up", "out", "deep", "slashes", "rooted", "absolute", "drive", "here", "share", "inside", "junction", "volume", "within"})
    kept_in(g, name);
  same(g.readlink("absolute"), "/C:/outside", "an absolute target begins with a slash");
  same(g.readlink("junction"), "/C:/outside", "as does a junction's");
  same(g.unlink("junction"), 0, "a junction is unlinked");
  holds(ntfs::exists(u"outside\\secret"), "what it led to is there");
  same(ntfs::seen().followed, 0, "none was followed by the system");
}

// Every opened file is beneath the preopen, also where names change between two steps.
void swapped() {
  Guest g;
  ntfs::directory(u"root\\a");
  ntfs::file(u"root\\a\\secret", "mine");
  static int calls;
  calls = 0;
  ntfs::meanwhile = [](const std::u16string& name) {
    if (name != u"a" || ++calls != 2) return;
    ntfs::remove(u"root\\a");
    ntfs::junction(u"root\\a", u"\\??\\C:\\outside");
  };
  same(g.stat("a/secret"), 0, "the directory");
  same(g.stat("a/secret"), no(Errno::NotCapable), "the junction in its place");
  ntfs::meanwhile = [](const std::u16string& name) {
    if (name != u"f") return;
    ntfs::meanwhile = nullptr;
    if (ntfs::exists(u"root\\f")) ntfs::remove(u"root\\f");
    ntfs::symbolic_link(u"root\\f", u"..\\outside\\secret");
  };
  ntfs::file(u"root\\f", "hello");
  same(g.open("f", 3, oflags::trunc, 0), no(Errno::Loop), "a link in the place of a file");
  same(ntfs::data(u"outside\\secret"), "secret", "nothing was cut");
  // A directory that becomes a symlink while it is open.
  ntfs::directory(u"root\\empty");
  ntfs::meanwhile = [](const std::u16string& name) {
    if (name != u"inner") return;
    ntfs::meanwhile = nullptr;
    ntfs::turn(u"root\\empty", u"\\??\\C:\\outside");
  };
  same(g.stat("empty/inner"), no(Errno::NotCapable), "a directory that became a junction");
  // A symlink begins as a directory, which no process may enter meanwhile.
  static bool entered;
  entered = true;
  ntfs::linking = [] { entered = ntfs::enterable(u"root\\leads"); };
  same(g.symlink("../outside/", "leads"), 0, "a link is made");
  holds(!entered, "nobody goes into what is to be a link");
  ntfs::directory(u"root\\theirs");
  ntfs::file(u"root\\theirs\\f");
  ntfs::lock(u"root\\theirs");
  same(g.stat("theirs/f"), no(Errno::Busy), "nor does a guest into what is shared with nobody");
  // A directory moved out during the walk is still beneath the preopen.
  ntfs::directory(u"root\\d");
  ntfs::directory(u"root\\d\\e");
  ntfs::meanwhile = [](const std::u16string& name) {
    if (name != u"e") return;
    ntfs::meanwhile = nullptr;
    ntfs::move(u"root\\d", u"outside\\d");
  };
  same(g.stat("d/e/../../f"), 0, "`..` goes back by what was opened, not by what is above");
  same(static_cast<Answer>(g.record().type), a_link, "to the root");
  same(ntfs::seen().followed, 0, "none was followed by the system");
}

void other_reparse_points() {
  Guest g;
  ntfs::driven(u"root\\cloud", 0x9000001a);
  ntfs::driven(u"root\\wsl", 0xa000001d);
  for (const char* const name : {"cloud", "wsl"}) {
    same(g.type(name), static_cast<Answer>(Filetype::Unknown), name);
    same(g.open(name), no(Errno::NotSup), name);
    same(g.open(name, 3, oflags::trunc), no(Errno::NotSup), name);
    same(g.stat(std::string(name) + "/x"), no(Errno::NotDir), name);
    same(g.readlink(name), std::to_string(no(Errno::Inval)), name);
    same(g.unlink(name), 0, name);
  }
}

void symlinks_made() {
  Guest g;
  ntfs::directory(u"root\\a");
  ntfs::directory(u"root\\a\\d");
  ntfs::file(u"root\\f");
  same(g.symlink("a/d", "one"), 0, "a relative target");
  holds(ntfs::target(u"root\\one") == u"da\\d", "which is a directory");
  same(g.symlink("../f", "a/two"), 0, "a file above");
  holds(ntfs::target(u"root\\a\\two") == u"..\\f", "which is none");
  same(g.symlink("../a/d", "a/three"), 0, "a directory, from where the link lies");
  holds(ntfs::target(u"root\\a\\three") == u"d..\\a\\d", "which is one");
  same(g.symlink("../outside", "four"), 0, "what leads out is stored");
  same(g.stat("four/"), no(Errno::NotCapable), "and not followed");
  same(g.symlink("ends/", "five"), 0, "a slash behind it");
  holds(ntfs::target(u"root\\five") == u"dends\\", "means a directory");
  same(g.readlink("five"), "ends/", "and stays");
  same(g.type("one/"), directory, "followed");
  for (const char* const target : {"/x", "C:/x", "c:x", "\\x", "\\\\server\\share", "//server"})
    same(g.symlink(target, "new"), no(Errno::NotCapable), target);
  for (const char* const target : {"a\\b", "ff:s", "NUL", "a/COM1", "a/b."})
    same(g.symlink(target, "new"), no(Errno::Inval), target);
  same(g.symlink("x", "f"), no(Errno::Exist), "a taken name");
  same(g.symlink("x", "new/"), no(Errno::NoEnt), "a slash behind the name");
  ntfs::privileged = false;
  same(g.symlink("x", "new"), no(Errno::Perm), "without the privilege");
  holds(!ntfs::exists(u"root\\new"), "nothing is left behind");
}

void opening() {
  Guest g;
  ntfs::file(u"root\\f", "hello");
  ntfs::directory(u"root\\d");
  for (const char* const path : {"d", "d/", ".", "d/."}) {
    same(g.open(path, 2), no(Errno::IsDir), path);
    same(g.open(path, 3, oflags::trunc), no(Errno::IsDir), path);
    same(g.open(path, 1, oflags::creat), no(Errno::IsDir), path);
    same(g.close(g.open(path)), 0, path);
    same(g.close(g.open(path, 1, oflags::directory)), 0, path);
  }
  for (const char* const path : {"f", "d", ".", "d/."}) same(g.create(path, oflags::excl), no(Errno::Exist), path);
  same(g.open("f", 1, oflags::directory), no(Errno::NotDir), "a file is no directory");
  same(g.open("f", 3, oflags::directory | oflags::trunc), no(Errno::NotDir), "and not cut for it");
  same(g.create("new/"), no(Errno::IsDir), "a slash behind a new file");
  holds(!ntfs::exists(u"root\\new"), "which is not made");
  const Answer reader = g.open("f");
  same(g.write(reader, "x"), no(Errno::BadF), "to write what was opened to be read");
  const Answer writer = g.open("F", 2);
  same(g.read(writer, 1), std::to_string(no(Errno::BadF)), "to read what was opened to be written");
  same(g.write(writer, "J"), 1, "by another case of the name");
  same(g.read(reader, 9), "Jello", "it is the same file");
  ntfs::lock(u"root\\f");
  same(g.open("f"), no(Errno::Busy), "somebody shares it with nobody");
  ntfs::protect(u"root\\f");
}

void short_names() {
  Guest g;
  ntfs::directory(u"root\\Program Files");
  ntfs::file(u"root\\Program Files\\f", "hello");
  ntfs::alias(u"root\\Program Files", u"PROGRA~1");
  same(g.type("PROGRA~1/f"), regular, "a short name is a name");
  same(g.stat("PROGRA~1/../../outside"), no(Errno::NotCapable), "of what is beneath");
  same(static_cast<Answer>(g.list(g.dir).size()), 3, "it is not listed");
  ntfs::symbolic_link(u"root\\a long link", u"..\\outside");
  ntfs::alias(u"root\\a long link", u"ALONGL~1");
  kept_in(g, "ALONGL~1");
}

void listing() {
  Guest g;
  std::vector<std::string> wanted = {".", ".."};
  for (int i = 100; i < 200; ++i) {
    const std::string name = "E" + std::to_string(i);
    ntfs::file(u"root\\" + std::u16string(name.begin(), name.end()));
    wanted.push_back(name);
  }
  holds(g.list(g.dir, 100) == wanted, "through a small buffer");
  holds(g.list(g.dir, 100000) == wanted, "through a large one");
  // Removes entries while listing them, as a program does that removes a tree.
  g.block().cookie = 0;
  for (const std::string& name : wanted)
    if (name[0] == 'E') same(g.unlink(name), 0, name);
  holds(g.list(g.dir).size() == 2, "nothing is left but the dots");
  for (const std::uint32_t size : {1000U, 0x7ffffffeU, 0xfffffffeU}) {
    ntfs::file(u"root\\g" + std::u16string(1, static_cast<char16_t>(u'a' + size % 26)));
    ntfs::garbled = size;
    same(g.list(g.dir).front(), std::to_string(unexpected), "what a driver says of a name is not believed");
    ntfs::garbled = 0;
  }
  ntfs::symbolic_link(u"root\\l", u"x");
  ntfs::junction(u"root\\j", u"\\??\\C:\\");
  const Answer filled = g.host().readdir(Guest::handle(g.dir), 1 << 17, 4096);
  holds(filled > 0, "types are told");
  same(g.host().readdir(99, 0, 10), no(Errno::BadF), "a handle that is none");
}

void names(bool modern) {
  Guest g(modern);
  ntfs::directory(u"root\\d");
  ntfs::directory(u"root\\full");
  ntfs::file(u"root\\full\\f");
  ntfs::file(u"root\\f", "hello");
  ntfs::symbolic_link(u"root\\l", u"d");
  same(g.mkdir("d"), no(Errno::Exist), "a directory that is there");
  same(g.mkdir("l/"), no(Errno::Exist), "a link with a slash behind it");
  same(g.mkdir("new/"), 0, "with a slash");
  same(g.rmdir("new/"), 0, "and away");
  holds(!ntfs::exists(u"root\\new"), "it is gone");
  same(g.rmdir("full"), no(Errno::NotEmpty), "a full one");
  same(g.rmdir("f"), no(Errno::NotDir), "a file");
  same(g.rmdir("l/"), no(Errno::NotDir), "a link");
  same(g.rmdir("."), no(Errno::Inval), "itself");
  same(g.rmdir("d/.."), no(Errno::NotEmpty), "the one above");
  same(g.unlink("d"), no(Errno::IsDir), "a directory is not unlinked");
  same(g.unlink("f/"), no(Errno::NotDir), "nor a file with a slash");
  same(g.rename("f", "d"), no(Errno::IsDir), "a file onto a directory");
  same(g.rename("d", "f"), no(Errno::NotDir), "a directory onto a file");
  same(g.rename("d", "full"), no(Errno::NotEmpty), "onto a full directory");
  same(g.rename("f", "new/"), no(Errno::NotDir), "a file with a slash");
  same(g.rename(".", "x"), no(Errno::Busy), "itself");
  same(g.rename("d", "d/sub"), no(Errno::Inval), "into itself");
  same(g.rename("full", "d"), 0, "onto an empty directory");
  holds(ntfs::exists(u"root\\d\\f") && !ntfs::exists(u"root\\full"), "it was moved");
  same(g.link("f", "g"), 0, "a second name");
  same(g.rename("f", "g"), 0, "one file under two names");
  holds(ntfs::exists(u"root\\f") && ntfs::exists(u"root\\g"), "both stay");
  same(g.unlink("g"), 0, "the second goes");
  same(g.rename("f", "F"), 0, "another case");
  holds(g.list(g.dir).back() == "l" && g.list(g.dir)[3] == "F", "is kept");
  same(g.link("d", "x"), no(Errno::Perm), "a directory has one name");
  same(g.link("f", "d"), no(Errno::Exist), "a taken name");
  ntfs::protect(u"root\\f");
  same(g.unlink("f"), modern ? 0 : no(Errno::Acces), "what may not be written");
}
void names_now() { names(true); }
void names_before() { names(false); }

void deleting(bool modern) {
  Guest g(modern);
  ntfs::file(u"root\\f", "hello");
  const Answer file = g.open("f", 3);
  same(g.unlink("f"), 0, "an open file");
  same(g.read(file, 9), "hello", "can be read on");
  same(g.stat("f"), no(Errno::NoEnt), "its name is gone");
  const Answer fresh = g.create("f");
  same(fresh < 0 ? fresh : 0, modern ? 0 : no(Errno::Busy), "and given again");
  if (fresh >= 0) same(g.close(fresh), 0, "closed");
  same(g.close(file), 0, "closed");
  if (!modern) holds(!ntfs::exists(u"root\\f"), "now it is gone");
  same(g.close(g.create("f")), 0, "a new one");
  // Replaces a file that another process has open.
  ntfs::file(u"root\\other", "other");
  const Answer taken = g.open("f");
  same(g.rename("other", "f"), modern ? 0 : no(Errno::Acces), "in the place of an open file");
  same(g.close(taken), 0, "closed");
}
void deleting_now() { deleting(true); }
void deleting_before() { deleting(false); }

void moving_what_is_open() {
  Guest g;
  ntfs::directory(u"root\\d");
  ntfs::file(u"root\\d\\f");
  const Answer file = g.open("d/f");
  same(g.rename("d", "e"), no(Errno::Acces), "Windows moves no directory in which something is open");
  ntfs::directory(u"root\\empty");
  same(g.rename("d", "empty"), no(Errno::Acces), "nor into the place of another,");
  holds(ntfs::exists(u"root\\empty"), "which stays");
  same(g.close(file), 0, "closed");
  same(g.rename("d", "e"), 0, "and then it does");
  ntfs::directory(u"root\\e\\below");
  same(g.rename("e", "e/below"), no(Errno::Inval), "a directory in the place of what is below it");
  holds(ntfs::exists(u"root\\e\\below"), "which stays, too");
}

void transfer() {
  Guest g;
  const Answer file = g.create("f");
  same(g.write(file, "0123456789"), 10, "written");
  Host& host = g.host();
  const Handle handle = Guest::handle(file);
  same(host.seek(handle, 2, 0), 2, "set");
  same(g.read(file, 3), "234", "read");
  same(host.seek(handle, 0, 1), 5, "here");
  same(host.seek(handle, -1, 2), 9, "from the end");
  same(host.seek(handle, -99, 2), no(Errno::Inval), "before the start");
  g.block().spans[0] = {1 << 17, 2};
  g.block().spans[1] = {1 << 18, 3};
  same(host.preadv(handle, 2, 4), 5, "in two pieces");
  same(host.seek(handle, 0, 1), 9, "the offset stays");
  same(host.pwritev(handle, 2, 100), 5, "beyond the end");
  same(host.filestat(handle), 0, "looked at");
  same(static_cast<Answer>(g.record().size), 105, "it grew");
  same(static_cast<Answer>(g.record().device), 7, "on the volume of the root");
  same(host.set_size(handle, 3), 0, "cut");
  same(host.set_size(handle, std::uint64_t{1} << 53), no(Errno::Fbig), "too large");
  same(host.allocate(handle, 0, 2), 0, "room that is there");
  same(host.allocate(handle, 4, 4), 0, "room that is not");
  same(ntfs::data(u"root\\f"), std::string("012\0\0\0\0\0", 8), "grown, and never cut");
  same(host.set_flags(handle, fdflags::append), 0, "append");
  same(host.seek(handle, 0, 0), 0, "to the start");
  same(g.write(file, "!"), 1, "at the end all the same");
  same(host.seek(handle, 0, 1), 9, "and behind it now");
  std::memcpy(g.block().text, "..", 2);
  same(host.write_text(handle, 1), 1, "a text, too");
  same(host.seek(handle, 0, 1), 10, "and behind that");
  same(host.write_text(Guest::handle(g.open("f")), 1), no(Errno::BadF), "none to what was opened to be read");
  same(host.set_flags(handle, 0), 0, "no more");
  same(g.write(file, "?"), 1, "where it was");
  same(host.set_flags(handle, fdflags::sync), no(Errno::NotSup), "sync is for opening");
  same(host.sync(handle), 0, "synced");
  same(host.sync(Guest::handle(g.dir)), 0, "a directory, too");
  g.block().times[0] = 1000000000123456789;
  g.block().times[1] = 1500000000987654321;
  same(host.set_times(Guest::handle(g.open("f")), fstflags::atim | fstflags::mtim), 0, "on a handle that only reads");
  same(host.filestat(handle), 0, "looked at");
  same(static_cast<Answer>(g.record().accessed), 1000000000123456700, "to a hundred nanoseconds");
  same(host.set_times(handle, fstflags::mtim_now), 0, "one to now");
  same(host.filestat(handle), 0, "looked at");
  same(static_cast<Answer>(g.record().accessed), 1000000000123456700, "the other stays");
  same(host.set_times(handle, fstflags::atim | fstflags::atim_now), no(Errno::Inval), "both at once");
}

void adopted() {
  Guest g;
  ntfs::file(u"root\\f", "0123456789");
  File file;
  file.object = ntfs::open(u"root\\f");
  file.type = Filetype::RegularFile;
  file.adopted = true;
  const auto handle = static_cast<Answer>(g.host().table()->place(std::move(file)));
  same(g.read(handle, 3), "012", "from where the host was");
  g.block().spans[0] = {1 << 17, 2};
  same(g.host().preadv(Guest::handle(handle), 1, 7), 2, "somewhere else");
  same(g.read(handle, 3), "345", "and on from where the host is");
  same(g.host().seek(Guest::handle(handle), -2, 2), 8, "moved for both");
  same(g.read(handle, 9), "89", "to the end");
  const unsigned open = ntfs::seen().open;
  same(g.close(handle), 0, "closed for the guest");
  same(ntfs::seen().open, open, "and for nobody else");
}

void handles_given_back() {
  {
    Guest g;
    ntfs::directory(u"root\\a");
    ntfs::file(u"root\\a\\f");
    ntfs::symbolic_link(u"root\\l", u"a");
    const unsigned open = ntfs::seen().open;
    for (const char* const path : {"a/f", "l/f", "l/gone", "a/f/x", "l/../..", "a/CON", "l/a:b", "gone/x", "a/f/"}) {
      (void)g.stat(path);
      (void)g.mkdir(path);
      (void)g.rename(path, path);
      (void)g.rename("a", path);
      (void)g.link(path, "a/new");
      (void)g.readlink(path);
    }
    same(ntfs::seen().open, open, "after each call");
  }
  same(ntfs::seen().open, 0, "after all");
}

constexpr struct {
  const char* title;
  void (*run)();
} cases[] = {
    {"names that Windows takes for something else are refused by every call", odd_names},
    {"names that only look odd pass", plain_names},
    {"UTF-8 is taken strictly, and lone surrogates are seen and not named", encodings},
    {"lengths", lengths},
    {"dots", dots},
    {"symbolic links are expanded by the walk", links},
    {"chains of 40 and 41", chains},
    {"links and junctions that lead out, or begin elsewhere", ways_out},
    {"what is put in the place of a name meanwhile", swapped},
    {"reparse points of drivers are seen and not opened", other_reparse_points},
    {"symbolic links are made", symlinks_made},
    {"opening", opening},
    {"short names", short_names},
    {"listing", listing},
    {"names are made, moved and removed", names_now},
    {"names are made, moved and removed where POSIX semantics are not known", names_before},
    {"deleting what is open", deleting_now},
    {"deleting what is open where POSIX semantics are not known", deleting_before},
    {"moving what is open", moving_what_is_open},
    {"bytes, offsets, sizes, times", transfer},
    {"an adopted file shares its offset with the host", adopted},
    {"every handle is given back", handles_given_back},
};

}  // namespace

int main() {
  for (const auto& each : cases) {
    wrong.clear();
    each.run();
    std::printf("%s %s%s\n", wrong.empty() ? "ok" : "not ok", each.title, wrong.c_str());
    failures += wrong.empty() ? 0 : 1;
  }
  return failures == 0 ? 0 : 1;
}
