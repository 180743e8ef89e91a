// The parts of the interpreter that makes a drawn program's calls of Linux itself.
#ifndef WASI_COMMON_FUZZ_LINUX_H
#define WASI_COMMON_FUZZ_LINUX_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

enum { most_arguments = 10 };

// A line of a program: a call's name, then numbers, and texts that are spelled `x` and hexadecimal
// bytes.
struct step {
  const char* name;
  int64_t number[most_arguments];
  char* text[most_arguments];
};

static inline int is(const struct step* step, const char* name) {
  return strcmp(step->name, name) == 0;
}

// answers.c: results as lines that fuzz/linux/guest.ts prints alike.
const char* errno_name(int error);
int refused(void);
uint32_t hash(const void* bytes, size_t length);
int filetype(mode_t mode);
void print_stat(const struct stat* found);
void print_listing(int fd);
void print_tree(int dir, const char* below);

// calls.c: the calls.
int fd_at(const struct step* step, int place);
void open_root(void);
void play(const struct step* step);

// escapes.c: paths that lead out of the directory that they start from.
int leads_out(const struct step* step);

// apart.c: the folder becomes the root.
void enter(const char* folder, int read_only);
void forbid_writing(void);

#endif
