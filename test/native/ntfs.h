// A volume of NTFS in memory that replaces Windows' own system calls: its setup, and what a test
// sees of it.
#pragma once
#include <cstdint>
#include <string>

namespace ntfs {

// Makes an empty volume. `modern` systems delete and rename with POSIX semantics; older ones, and
// other file systems, do not.
void format(bool modern = true);

// The host's side. Paths have backslashes, and begin at the volume's root.
void directory(const std::u16string& path);
void file(const std::u16string& path, const std::string& data = "");
void alias(const std::u16string& path, const std::u16string& short_name);
void stream(const std::u16string& path, const std::u16string& name, const std::string& data);
// Makes a symbolic link as mklink does: relative, or absolute.
void symbolic_link(const std::u16string& path, const std::u16string& target, bool relative = true);
void junction(const std::u16string& path, const std::u16string& target);
// Turns an existing empty directory into a junction, even while it is open.
void turn(const std::u16string& path, const std::u16string& target);
// Makes a reparse point of a third-party driver.
void driven(const std::u16string& path, std::uint32_t tag);
// Opens a file without sharing it.
void lock(const std::u16string& path);
void protect(const std::u16string& path);  // the attribute "read-only"
void remove(const std::u16string& path);
// Renames a file, even while it is open.
void move(const std::u16string& from, const std::u16string& to);

bool exists(const std::u16string& path);
std::string data(const std::u16string& path);
// The target in a symlink's reparse point, with "d" before it if the symlink is marked as a
// directory.
std::u16string target(const std::u16string& path);

// Opens a directory for the host, to preopen it.
void* open(const std::u16string& path);

// The calls that the system received.
struct Seen {
  unsigned open = 0;      // handles
  unsigned followed = 0;  // symlinks that the system followed by itself
  unsigned strange = 0;   // names that are paths or streams
  unsigned calls = 0;
};
Seen seen();
// Called before each open, to change the volume.
extern void (*meanwhile)(const std::u16string& name);
// Called before an empty file or directory becomes a symlink.
extern void (*linking)();
// True if a program could enter a directory now.
bool enterable(const std::u16string& path);
// The size that a listing reports for a name, if not 0.
extern std::uint32_t garbled;
// True if the process may create symbolic links.
extern bool privileged;

}  // namespace ntfs
