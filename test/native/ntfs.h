// Knows what a test sees and sets up of a volume of NTFS in memory, which stands in for Windows' own system calls.
#pragma once
#include <cstdint>
#include <string>

namespace ntfs {

// An empty volume. `modern` systems delete and rename as POSIX has it; older ones, and other file systems, do not.
void format(bool modern = true);

// The host's side. Paths have backslashes, and begin at the volume's root.
void directory(const std::u16string& path);
void file(const std::u16string& path, const std::string& data = "");
void alias(const std::u16string& path, const std::u16string& short_name);
void stream(const std::u16string& path, const std::u16string& name, const std::string& data);
// As mklink makes them: relative, or beginning elsewhere.
void symbolic_link(const std::u16string& path, const std::u16string& target, bool relative = true);
void junction(const std::u16string& path, const std::u16string& target);
// Makes a junction of an empty directory that is there, whoever has it open.
void turn(const std::u16string& path, const std::u16string& target);
// A reparse point of somebody's driver.
void driven(const std::u16string& path, std::uint32_t tag);
// Somebody has it open, and shares it with nobody.
void lock(const std::u16string& path);
void protect(const std::u16string& path);  // the attribute "read-only"
void remove(const std::u16string& path);
// Renames it, whoever has it open.
void move(const std::u16string& from, const std::u16string& to);

bool exists(const std::u16string& path);
std::string data(const std::u16string& path);
// What stands in the reparse point of a link; "d" before it where it says that it leads to a directory.
std::u16string target(const std::u16string& path);

// A directory opened by the host: what a guest is given.
void* open(const std::u16string& path);

// What the system saw of us.
struct Seen {
  unsigned open = 0;      // handles
  unsigned followed = 0;  // links that the system followed by itself
  unsigned strange = 0;   // names that are paths or streams
  unsigned calls = 0;
};
Seen seen();
// Called before each opening, to change what lies there.
extern void (*meanwhile)(const std::u16string& name);
// Called when something empty is about to become a link.
extern void (*linking)();
// Whether a program could go into a directory now.
bool enterable(const std::u16string& path);
// What stands in a listing where the size of a name does, if not 0.
extern std::uint32_t garbled;
// Who makes symbolic links.
extern bool privileged;

}  // namespace ntfs
