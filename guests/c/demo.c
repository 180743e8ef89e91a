// The guest of the demonstration: uses the folder it was given, then tries three ways out of it.
//
//   demo FOLDER SECRET LINK
//
// FOLDER is a folder as the guest sees it, SECRET the host's absolute path of a file that lies
// beside that folder, LINK the name of a symbolic link in FOLDER which an attacker planted and
// which leads to SECRET's folder. Exits with 0 if every way out was refused and with 1 if a byte of
// SECRET was read.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wasi/api.h>

static int fail(const char *doing, const char *what) {
  fprintf(stderr, "demo: %s %s: errno %d (%s)\n", doing, what, errno, strerror(errno));
  return 2;
}

static int show_file(int folder, const char *name) {
  int file = openat(folder, name, O_RDONLY);
  if (file < 0) return fail("open", name);
  char text[81];
  ssize_t length = read(file, text, sizeof text - 1);
  close(file);
  if (length < 0) return fail("read", name);
  text[length] = '\0';
  text[strcspn(text, "\n")] = '\0';
  printf("  %s: %s\n", name, text);
  return 0;
}

static int show_folder(int folder) {
  // closedir closes what fdopendir was given, and the folder is needed afterwards.
  int listed = openat(folder, ".", O_RDONLY | O_DIRECTORY);
  DIR *directory = listed < 0 ? NULL : fdopendir(listed);
  if (directory == NULL) return fail("open", ".");
  int status = 0;
  struct dirent *entry;
  for (errno = 0; status == 0 && (entry = readdir(directory)) != NULL; errno = 0) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (entry->d_type == DT_REG)
      status = show_file(folder, entry->d_name);
    else
      printf("  %s (%s)\n", entry->d_name,
             entry->d_type == DT_DIR   ? "a folder"
             : entry->d_type == DT_LNK ? "a symbolic link"
                                       : "something else");
  }
  if (status == 0 && errno != 0) status = fail("list", ".");
  closedir(directory);
  return status;
}

// The import itself and not libc's open: libc refuses an absolute path for want of a matching
// folder before the host hears of it, and it is the host that is on trial here.
static int try_way_out(int folder, const char *way, const char *path) {
  __wasi_fd_t file;
  __wasi_errno_t error = __wasi_path_open(folder, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, path, 0,
                                          __WASI_RIGHTS_FD_READ, 0, 0, &file);
  if (error != 0) {
    printf("  %s (%s): refused, errno %d (%s)\n", way, path, error, strerror(error));
    // A path that is merely missing proves nothing about the sandbox.
    return error == __WASI_ERRNO_NOENT ? 2 : 0;
  }
  char text[81] = "";
  ssize_t length = read((int)file, text, sizeof text - 1);
  close((int)file);
  text[length < 0 ? 0 : length] = '\0';
  text[strcspn(text, "\n")] = '\0';
  printf("  %s (%s): OPEN, and it says: %s\n", way, path, text);
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: demo FOLDER SECRET LINK\n");
    return 2;
  }
  char copy[1024], above[1024], through_link[1024];
  snprintf(copy, sizeof copy, "%s", argv[2]);
  const char *name = basename(copy);
  snprintf(above, sizeof above, "../%s", name);
  snprintf(through_link, sizeof through_link, "%s/%s", argv[3], name);

  int folder = open(argv[1], O_RDONLY | O_DIRECTORY);
  if (folder < 0) return fail("open", argv[1]);
  printf("In the folder %s:\n", argv[1]);
  int status = show_folder(folder);
  if (status != 0) return status;

  printf("Three ways out:\n");
  int results[] = {
      try_way_out(folder, "the folder above", above),
      try_way_out(folder, "an absolute path", argv[2]),
      try_way_out(folder, "a planted link", through_link),
  };
  int open_ways = 0, unproven = 0;
  for (int i = 0; i < 3; i++) {
    open_ways += results[i] == 1;
    unproven += results[i] == 2;
  }
  if (open_ways > 0)
    printf("The sandbox does not hold: %d of 3 ways are open.\n", open_ways);
  else if (unproven > 0)
    printf("Nothing was read, but %d of 3 answers prove nothing.\n", unproven);
  else
    printf("The sandbox holds.\n");
  return open_ways > 0 ? 1 : unproven > 0 ? 2 : 0;
}
