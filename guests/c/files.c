// The guest that goes through what libc can do with files and checks each answer against what was
// done before.
//
//   files FOLDER
//
// FOLDER must be an empty, writable folder as the guest sees it; it is empty again when all went
// well. Prints one line a step, `ok NAME` or `FAIL NAME ERRNO (TEXT)`; ERRNO is 0 where the call
// succeeded with a wrong answer. Exits with 1 if any step failed. Later steps go on from the files
// of earlier ones, so the first FAIL counts most.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static int failures = 0;

// `errno` is cleared before each step, so that a wrong answer is not printed with an earlier step's
// error.
#define STEP(name, condition) (errno = 0, report(name, condition))

static void report(const char *name, bool passed) {
  if (passed) {
    printf("ok %s\n", name);
    return;
  }
  printf("FAIL %s %d (%s)\n", name, errno, errno == 0 ? "wrong answer" : strerror(errno));
  failures++;
}

// True if a call failed, and failed with the one errno it should.
static bool refused(int result, int expected) { return result < 0 && errno == expected; }

static off_t size_of(const char *path) {
  struct stat s;
  return stat(path, &s) == 0 ? s.st_size : -1;
}

static bool contains(const char *path, const char *expected) {
  char text[256];
  int file = open(path, O_RDONLY);
  if (file < 0) return false;
  ssize_t length = read(file, text, sizeof text);
  close(file);
  return length == (ssize_t)strlen(expected) && memcmp(text, expected, (size_t)length) == 0;
}

static bool put(const char *path, int flags, const char *text) {
  int file = open(path, O_WRONLY | flags, 0644);
  if (file < 0) return false;
  ssize_t written = write(file, text, strlen(text));
  return close(file) == 0 && written == (ssize_t)strlen(text);
}

static void opening(void) {
  STEP("create", put("a.txt", O_CREAT | O_EXCL, "0123456789"));
  STEP("create_exclusive_again", refused(open("a.txt", O_WRONLY | O_CREAT | O_EXCL, 0644), EEXIST));
  STEP("read_back", contains("a.txt", "0123456789"));
  STEP("append", put("a.txt", O_APPEND, "ABCDE") && contains("a.txt", "0123456789ABCDE"));
  STEP("truncate_on_open", put("b.txt", O_CREAT, "long text") && put("b.txt", O_TRUNC, "short") &&
                               contains("b.txt", "short"));
  STEP("open_missing", refused(open("missing.txt", O_RDONLY), ENOENT));
  STEP("open_file_as_folder", refused(open("a.txt", O_RDONLY | O_DIRECTORY), ENOTDIR));
  STEP("open_through_file", refused(open("a.txt/b.txt", O_RDONLY), ENOTDIR));
  STEP("open_folder_to_write", refused(open(".", O_RDWR), EISDIR));
}

static void reading_and_writing(void) {
  char text[16] = "";
  int file;
  STEP("open_to_read_and_write", (file = open("a.txt", O_RDWR)) >= 0);
  STEP("lseek_set",
       lseek(file, 10, SEEK_SET) == 10 && read(file, text, 3) == 3 && memcmp(text, "ABC", 3) == 0);
  STEP("lseek_current", lseek(file, 0, SEEK_CUR) == 13 && lseek(file, -4, SEEK_CUR) == 9);
  STEP("lseek_end", lseek(file, -5, SEEK_END) == 10);
  STEP("lseek_negative", refused((int)lseek(file, -1, SEEK_SET), EINVAL));
  STEP("pread_leaves_position", pread(file, text, 4, 2) == 4 && memcmp(text, "2345", 4) == 0 &&
                                    lseek(file, 0, SEEK_CUR) == 10);
  STEP("pwrite_leaves_position", pwrite(file, "xy", 2, 0) == 2 && lseek(file, 0, SEEK_CUR) == 10 &&
                                     contains("a.txt", "xy23456789ABCDE"));
  STEP("read_at_end", lseek(file, 0, SEEK_END) == 15 && read(file, text, sizeof text) == 0);

  char left[3], right[4];
  struct iovec in[] = {{left, 3}, {right, 0}, {right, 4}};
  STEP("readv", lseek(file, 0, SEEK_SET) == 0 && readv(file, in, 3) == 7 &&
                    memcmp(left, "xy2", 3) == 0 && memcmp(right, "3456", 4) == 0);
  struct iovec out[] = {{"one,", 4}, {"two", 3}};
  STEP("writev", lseek(file, 0, SEEK_SET) == 0 && writev(file, out, 2) == 7 &&
                     contains("a.txt", "one,two789ABCDE"));
  STEP("fsync", fsync(file) == 0);
  STEP("fdatasync", fdatasync(file) == 0);

  STEP("ftruncate_shorter", ftruncate(file, 7) == 0 && contains("a.txt", "one,two"));
  STEP("ftruncate_longer", ftruncate(file, 9) == 0 && pread(file, text, 9, 0) == 9 &&
                               memcmp(text, "one,two\0\0", 9) == 0);
  // posix_fallocate answers with the error and leaves errno alone.
  STEP("posix_fallocate",
       (errno = posix_fallocate(file, 0, 4096)) == 0 && size_of("a.txt") == 4096);
  STEP("posix_fadvise", (errno = posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL)) == 0);
  STEP("set_append_flag",
       fcntl(file, F_SETFL, O_APPEND) == 0 && (fcntl(file, F_GETFL) & O_APPEND) != 0);
  STEP("append_flag_appends", ftruncate(file, 3) == 0 && lseek(file, 0, SEEK_SET) == 0 &&
                                  write(file, "!", 1) == 1 && contains("a.txt", "one!"));
  struct pollfd ready = {.fd = file, .events = POLLIN | POLLOUT};
  STEP("poll_file_is_ready", poll(&ready, 1, 1000) == 1 && (ready.revents & POLLIN) != 0);
  STEP("close", close(file) == 0);
  STEP("close_again", refused(close(file), EBADF));

  int reader = open("a.txt", O_RDONLY);
  STEP("write_to_reader", write(reader, "x", 1) < 0);
  STEP("truncate_reader", ftruncate(reader, 0) < 0 && size_of("a.txt") == 4);
  close(reader);
}

static void attributes(void) {
  struct stat s;
  STEP("stat", stat("a.txt", &s) == 0 && S_ISREG(s.st_mode) && s.st_size == 4 && s.st_nlink == 1);
  int file = open("a.txt", O_RDWR);
  struct stat same;
  STEP("fstat_is_stat", fstat(file, &same) == 0 && same.st_ino == s.st_ino &&
                            same.st_dev == s.st_dev && same.st_size == s.st_size);
  STEP("stat_folder", stat(".", &s) == 0 && S_ISDIR(s.st_mode));
  STEP("stat_missing", refused(stat("missing.txt", &s), ENOENT));

  // Half seconds are exact in every representation a host may use on the way, also in a double.
  struct timespec times[2] = {{.tv_sec = 1000000000, .tv_nsec = 500000000},
                              {.tv_sec = 1234567890, .tv_nsec = 500000000}};
  STEP("utimensat", utimensat(AT_FDCWD, "a.txt", times, 0) == 0 && stat("a.txt", &s) == 0 &&
                        s.st_atim.tv_sec == 1000000000 && s.st_mtim.tv_sec == 1234567890);
  STEP("utimensat_keeps_fractions",
       stat("a.txt", &s) == 0 && s.st_atim.tv_nsec == 500000000 && s.st_mtim.tv_nsec == 500000000);
  struct timespec omit[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 77}};
  STEP("utimensat_omit", utimensat(AT_FDCWD, "a.txt", omit, 0) == 0 && stat("a.txt", &s) == 0 &&
                             s.st_atim.tv_sec == 1000000000 && s.st_mtim.tv_sec == 77);
  struct timespec now[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_OMIT}};
  STEP("futimens_now", futimens(file, now) == 0 && fstat(file, &s) == 0 &&
                           s.st_atim.tv_sec > 1600000000 && s.st_mtim.tv_sec == 77);
  close(file);
}

static void names(void) {
  struct stat s, other;
  char target[64] = "";
  STEP("link", link("a.txt", "hard.txt") == 0 && stat("a.txt", &s) == 0 &&
                   stat("hard.txt", &other) == 0 && s.st_ino == other.st_ino && s.st_nlink == 2);
  STEP("link_onto_existing", refused(link("a.txt", "b.txt"), EEXIST));
  STEP("symlink", symlink("a.txt", "soft.txt") == 0);
  STEP("readlink",
       readlink("soft.txt", target, sizeof target) == 5 && memcmp(target, "a.txt", 5) == 0);
  STEP("readlink_short", readlink("soft.txt", target, 2) == 2 && memcmp(target, "a.", 2) == 0);
  STEP("readlink_of_file", refused((int)readlink("a.txt", target, sizeof target), EINVAL));
  STEP("lstat_link", lstat("soft.txt", &s) == 0 && S_ISLNK(s.st_mode) && s.st_size == 5);
  STEP("stat_follows_link", stat("soft.txt", &s) == 0 && S_ISREG(s.st_mode) && s.st_size == 4);
  STEP("open_follows_link", contains("soft.txt", "one!"));
  STEP("open_no_follow", refused(open("soft.txt", O_RDONLY | O_NOFOLLOW), ELOOP));
  STEP("dangling_link", symlink("nowhere", "dangling") == 0 &&
                            refused(open("dangling", O_RDONLY), ENOENT) && unlink("dangling") == 0);
  STEP("link_loop", symlink("loop", "loop") == 0 && refused(open("loop", O_RDONLY), ELOOP) &&
                        unlink("loop") == 0);

  STEP("rename", rename("hard.txt", "renamed.txt") == 0 && refused(stat("hard.txt", &s), ENOENT) &&
                     contains("renamed.txt", "one!"));
  STEP("rename_over_file", rename("b.txt", "renamed.txt") == 0 &&
                               contains("renamed.txt", "short") && stat("a.txt", &s) == 0 &&
                               s.st_nlink == 1);
  STEP("rename_missing", refused(rename("missing.txt", "x.txt"), ENOENT));
  STEP("unlink_link_keeps_target", unlink("soft.txt") == 0 && size_of("a.txt") == 4);
  STEP("unlink_open_file", ({
         int file = open("renamed.txt", O_RDONLY);
         char text[8];
         bool gone = unlink("renamed.txt") == 0 && stat("renamed.txt", &s) < 0;
         bool still_readable = read(file, text, sizeof text) == 5 && memcmp(text, "short", 5) == 0;
         close(file) == 0 && gone &&still_readable;
       }));
  STEP("unlink_missing", refused(unlink("missing.txt"), ENOENT));
}

// More entries than fit one readdir buffer, so that the cookie is used.
enum { COUNT = 300 };

static bool create_many(void) {
  char path[64];
  for (int i = 0; i < COUNT; i++) {
    snprintf(path, sizeof path, "folder/entry-%03d", i);
    if (!put(path, O_CREAT, path)) return false;
  }
  return true;
}

static bool unlink_many(void) {
  char path[64];
  for (int i = 0; i < COUNT; i++) {
    snprintf(path, sizeof path, "folder/entry-%03d", i);
    if (unlink(path) != 0) return false;
  }
  return true;
}

static void folders(void) {
  struct stat s;
  STEP("mkdir", mkdir("folder", 0755) == 0 && stat("folder", &s) == 0 && S_ISDIR(s.st_mode));
  STEP("mkdir_again", refused(mkdir("folder", 0755), EEXIST));
  STEP("mkdir_in_missing", refused(mkdir("missing/folder", 0755), ENOENT));
  STEP("inside_dot_dot",
       put("folder/../c.txt", O_CREAT, "c") && contains("c.txt", "c") && unlink("c.txt") == 0);
  STEP("unlink_folder",
       unlink("folder") < 0 && (errno == EISDIR || errno == EPERM) && stat("folder", &s) == 0);
  STEP("rmdir_file", refused(rmdir("a.txt"), ENOTDIR));
  STEP("long_name", ({
         char name[260] = "folder/";
         memset(name + 7, 'n', 252);
         name[259] = '\0';
         put(name, O_CREAT, "long") && contains(name, "long") && unlink(name) == 0;
       }));
  STEP("unicode_name", put("folder/\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", O_CREAT, "utf-8") &&
                           contains("folder/\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "utf-8") &&
                           unlink("folder/\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80") == 0);

  STEP("create_many", create_many());
  bool seen[COUNT] = {false};
  int found = 0, strange = 0;
  DIR *directory;
  STEP("opendir", (directory = opendir("folder")) != NULL);
  if (directory != NULL) {
    struct dirent *entry;
    while ((entry = readdir(directory)) != NULL) {
      if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
      int number = strncmp(entry->d_name, "entry-", 6) == 0 ? atoi(entry->d_name + 6) : -1;
      if (number < 0 || number >= COUNT || seen[number] || entry->d_type != DT_REG)
        strange++;
      else
        seen[number] = true, found++;
    }
    STEP("readdir_each_once", found == COUNT && strange == 0);
    rewinddir(directory);
    found = 0;
    while (readdir(directory) != NULL) found++;
    STEP("rewinddir", found >= COUNT);
    STEP("closedir", closedir(directory) == 0);
  }
  STEP("rmdir_full", refused(rmdir("folder"), ENOTEMPTY));
  STEP("unlink_many", unlink_many());
  STEP("rename_folder", rename("folder", "moved") == 0 && refused(stat("folder", &s), ENOENT) &&
                            stat("moved", &s) == 0);
  STEP("rmdir", rmdir("moved") == 0 && refused(stat("moved", &s), ENOENT));
  STEP("rmdir_missing", refused(rmdir("moved"), ENOENT));
  STEP("unlink", unlink("a.txt") == 0 && refused(stat("a.txt", &s), ENOENT));
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: files FOLDER\n");
    return 2;
  }
  // A working directory is libc's own idea; to the host each name still goes relative to a folder
  // it gave out.
  if (chdir(argv[1]) != 0) {
    fprintf(stderr, "files: chdir %s: errno %d (%s)\n", argv[1], errno, strerror(errno));
    return 2;
  }
  opening();
  reading_and_writing();
  attributes();
  names();
  folders();
  return failures == 0 ? 0 : 1;
}
