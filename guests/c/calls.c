// The guest that times its own hostcalls. Built natively, it times the system calls behind them.
//
//   calls CLOCK FOLDER WARM TIMED [ROW...]
//
// FOLDER is the first preopen, with the files of bench/fixture.ts. Each row is a loop over one
// call: WARM milliseconds of all rows, then TIMED milliseconds of each, in twenty batches. CLOCK is
// `wall`, or `thread` for the processor time of the thread, which not every host has. Prints a JSON
// object: by row the median batch and the least, in nanoseconds of a call; for a call that the host
// refuses, its errno alone.

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DATA_SIZE = 16 << 20, ENTRIES = 5000, BATCHES = 20, CHUNKS = 1024, FOREVER = 1 << 30 };

// The folder, a large file, a small one, a directory to list, a number that is not open.
static int root, data, file, entries;
static const int not_open = 9999;
static char buffer[65536];
static bool thread_time;

static void fail(const char *what, int error) {
  fprintf(stderr, "calls: %s: errno %d\n", what, error);
  exit(1);
}

// The calls: each returns an errno, 0 for success. A result that is not the expected one is EIO.

#ifdef __wasi__

#include <wasi/api.h>

typedef __wasi_errno_t Errno;

static const __wasi_rights_t reading = __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK |
                                       __WASI_RIGHTS_FD_TELL | __WASI_RIGHTS_FD_FILESTAT_GET |
                                       __WASI_RIGHTS_POLL_FD_READWRITE;
static const __wasi_rights_t writing = reading | __WASI_RIGHTS_FD_WRITE;

static __wasi_timestamp_t stamp;
static __wasi_filesize_t offset;
static __wasi_fdstat_t fdstat;
static __wasi_filestat_t filestat;
static __wasi_size_t size;

static uint64_t now(void) {
  __wasi_timestamp_t time;
  Errno error = __wasi_clock_time_get(
      thread_time ? __WASI_CLOCKID_THREAD_CPUTIME_ID : __WASI_CLOCKID_MONOTONIC, 1, &time);
  if (error != 0) fail("clock_time_get", error);
  return time;
}
static Errno open_at(const char *path, __wasi_oflags_t oflags, __wasi_rights_t rights, int *fd) {
  __wasi_fd_t opened = 0;
  Errno error = __wasi_path_open(root, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, path, oflags, rights, 0,
                                 0, &opened);
  *fd = (int)opened;
  return error;
}
static Errno open_close(const char *path) {
  int fd;
  Errno error = open_at(path, 0, reading, &fd);
  return error != 0 ? error : __wasi_fd_close((__wasi_fd_t)fd);
}
static Errno is(Errno error, bool expected) {
  return error != 0 || expected ? error : __WASI_ERRNO_IO;
}
static __wasi_iovec_t piece(size_t length) { return (__wasi_iovec_t){(uint8_t *)buffer, length}; }
static __wasi_ciovec_t const_piece(size_t length) {
  return (__wasi_ciovec_t){(const uint8_t *)buffer, length};
}

static Errno clock_time(void) { return __wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 1, &stamp); }
static Errno random16(void) { return __wasi_random_get((uint8_t *)buffer, 16); }
static Errno tell(void) { return __wasi_fd_tell((__wasi_fd_t)data, &offset); }
static Errno status(void) { return __wasi_fd_fdstat_get((__wasi_fd_t)data, &fdstat); }
static Errno bad_status(void) {
  Errno error = __wasi_fd_fdstat_get((__wasi_fd_t)not_open, &fdstat);
  return error == __WASI_ERRNO_BADF ? 0 : error == 0 ? __WASI_ERRNO_IO : error;
}
// Not every host refuses a result outside of memory: some end the guest.
static Errno outside(void) {
  Errno error = __wasi_fd_fdstat_get((__wasi_fd_t)data, (__wasi_fdstat_t *)0xfffffff0);
  return error == __WASI_ERRNO_FAULT ? 0 : error == 0 ? __WASI_ERRNO_IO : error;
}
static Errno attributes(void) { return __wasi_fd_filestat_get((__wasi_fd_t)file, &filestat); }
static Errno reads(size_t length) {
  __wasi_iovec_t into = piece(length);
  Errno error = __wasi_fd_read((__wasi_fd_t)data, &into, 1, &size);
  return is(error, size == length);
}
static Errno writes(size_t length) {
  __wasi_ciovec_t from = const_piece(length);
  Errno error = __wasi_fd_write((__wasi_fd_t)data, &from, 1, &size);
  return is(error, size == length);
}
static Errno pread4k(void) {
  __wasi_iovec_t into = piece(4096);
  Errno error = __wasi_fd_pread((__wasi_fd_t)data, &into, 1, 8192, &size);
  return is(error, size == 4096);
}
static Errno pwrite4k(void) {
  __wasi_ciovec_t from = const_piece(4096);
  Errno error = __wasi_fd_pwrite((__wasi_fd_t)data, &from, 1, 8192, &size);
  return is(error, size == 4096);
}
static Errno attributes_at(const char *path) {
  return __wasi_path_filestat_get(root, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, path, &filestat);
}
static Errno open_missing(void) {
  Errno error = open_close("missing");
  return error == __WASI_ERRNO_NOENT ? 0 : error == 0 ? __WASI_ERRNO_IO : error;
}
static Errno create_unlink(void) {
  int fd;
  Errno error = open_at("created", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, writing, &fd);
  if (error == 0) error = __wasi_fd_close((__wasi_fd_t)fd);
  return error != 0 ? error : __wasi_path_unlink_file(root, "created");
}
static Errno move(const char *from, const char *to) {
  return __wasi_path_rename(root, from, root, to);
}

// The cookie of each call of a listing: that of the last whole entry of the call before it.
static __wasi_dircookie_t cookies[CHUNKS];
static size_t chunks;
static Errno list_from(__wasi_dircookie_t cookie) {
  return __wasi_fd_readdir((__wasi_fd_t)entries, (uint8_t *)buffer, 4096, cookie, &size);
}
static Errno learn_chunks(void) {
  __wasi_dircookie_t cookie = 0;
  do {
    if (chunks == CHUNKS) fail("more entries than expected", ENOMEM);
    cookies[chunks++] = cookie;
    Errno error = list_from(cookie);
    if (error != 0) return error;
    __wasi_dirent_t entry;
    for (size_t at = 0; at + sizeof entry <= size; at += sizeof entry + entry.d_namlen) {
      memcpy(&entry, buffer + at, sizeof entry);
      if (at + sizeof entry + entry.d_namlen <= size) cookie = entry.d_next;
    }
  } while (size == 4096);
  return 0;
}
static Errno list(void) {
  if (chunks == 0) {
    Errno error = learn_chunks();
    if (error != 0) return error;
  }
  for (size_t i = 0; i < chunks; i++) {
    Errno error = list_from(cookies[i]);
    if (error != 0) return error;
  }
  return 0;
}

static Errno poll_for(__wasi_subscription_t subscription) {
  __wasi_event_t event;
  Errno error = __wasi_poll_oneoff(&subscription, &event, 1, &size);
  return error != 0 ? error : is(event.error, size == 1);
}
static Errno poll_clock(void) {
  __wasi_subscription_t clock = {.u.tag = __WASI_EVENTTYPE_CLOCK};
  clock.u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
  return poll_for(clock);
}
static Errno poll_read(int fd) {
  __wasi_subscription_t read = {.u.tag = __WASI_EVENTTYPE_FD_READ};
  read.u.u.fd_read.file_descriptor = (__wasi_fd_t)fd;
  return poll_for(read);
}

static void rewind_data(void) {
  Errno error = __wasi_fd_seek((__wasi_fd_t)data, 0, __WASI_WHENCE_SET, &offset);
  if (error != 0) fail("fd_seek", error);
}
static void open_file(const char *path, __wasi_oflags_t oflags, __wasi_rights_t rights, int *fd) {
  Errno error = open_at(path, oflags, rights, fd);
  if (error != 0) fail(path, error);
}
static void open_all(const char *folder) {
  (void)folder;
  root = 3;
  open_file("data", 0, writing, &data);
  open_file("file", 0, reading, &file);
  open_file("entries", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_FD_READDIR, &entries);
  int moved;
  open_file("moved-calls", __WASI_OFLAGS_CREAT, writing, &moved);
}

#else

#include <fcntl.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

typedef int Errno;

static struct timespec stamp;
static struct stat filestat;

static Errno is(bool expected) { return expected ? 0 : errno != 0 ? errno : EIO; }
static uint64_t now(void) {
  struct timespec time;
  clock_gettime(thread_time ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}
static Errno open_close(const char *path) {
  int fd = openat(root, path, O_RDONLY | O_CLOEXEC);
  return is(fd >= 0 && close(fd) == 0);
}

static Errno clock_time(void) { return is(clock_gettime(CLOCK_MONOTONIC, &stamp) == 0); }
static Errno random16(void) { return is(getrandom(buffer, 16, 0) == 16); }
static Errno tell(void) { return is(lseek(data, 0, SEEK_CUR) >= 0); }
static Errno status(void) { return is(fcntl(data, F_GETFL) >= 0); }
static Errno bad_status(void) { return is(fcntl(not_open, F_GETFL) < 0 && errno == EBADF); }
static Errno outside(void) { return is(fstat(data, (struct stat *)8) < 0 && errno == EFAULT); }
static Errno attributes(void) { return is(fstat(file, &filestat) == 0); }
static Errno reads(size_t length) { return is(read(data, buffer, length) == (ssize_t)length); }
static Errno writes(size_t length) { return is(write(data, buffer, length) == (ssize_t)length); }
static Errno pread4k(void) { return is(pread(data, buffer, 4096, 8192) == 4096); }
static Errno pwrite4k(void) { return is(pwrite(data, buffer, 4096, 8192) == 4096); }
static Errno attributes_at(const char *path) { return is(fstatat(root, path, &filestat, 0) == 0); }
static Errno open_missing(void) {
  return is(openat(root, "missing", O_RDONLY | O_CLOEXEC) < 0 && errno == ENOENT);
}
static Errno create_unlink(void) {
  int fd = openat(root, "created", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  return is(fd >= 0 && close(fd) == 0 && unlinkat(root, "created", 0) == 0);
}
static Errno move(const char *from, const char *to) {
  return is(renameat(root, from, root, to) == 0);
}
static Errno list(void) {
  if (lseek(entries, 0, SEEK_SET) != 0) return errno;
  long length;
  do length = syscall(SYS_getdents64, entries, buffer, 4096);
  while (length > 0);
  return is(length == 0);
}
static Errno poll_clock(void) { return is(poll(NULL, 0, 0) == 0); }
static Errno poll_read(int fd) {
  struct pollfd ready = {.fd = fd, .events = POLLIN};
  return is(poll(&ready, 1, -1) == 1);
}

static void rewind_data(void) {
  if (lseek(data, 0, SEEK_SET) != 0) fail("lseek", errno);
}
static int opened(const char *path, int flags) {
  int fd = openat(root, path, flags | O_CLOEXEC, 0666);
  if (fd < 0) fail(path, errno);
  return fd;
}
static void open_all(const char *folder) {
  root = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) fail(folder, errno);
  data = opened("data", O_RDWR);
  file = opened("file", O_RDONLY);
  entries = opened("entries", O_RDONLY | O_DIRECTORY);
  close(opened("moved-calls", O_RDWR | O_CREAT));
}

#endif

static const char depth4[] = "d/d/d/file";

#define LOOP(id, call)              \
  static Errno id(long turns) {     \
    for (; turns > 0; turns--) {    \
      Errno error = call;           \
      if (error != 0) return error; \
    }                               \
    return 0;                       \
  }

LOOP(clock_loop, clock_time())
LOOP(random_loop, random16())
LOOP(tell_loop, tell())
LOOP(status_loop, status())
LOOP(bad_status_loop, bad_status())
LOOP(outside_loop, outside())
LOOP(attributes_loop, attributes())
LOOP(read64_loop, reads(64))
LOOP(read4k_loop, reads(4096))
LOOP(read64k_loop, reads(65536))
LOOP(write64_loop, writes(64))
LOOP(write4k_loop, writes(4096))
LOOP(write64k_loop, writes(65536))
LOOP(pread_loop, pread4k())
LOOP(pwrite_loop, pwrite4k())
LOOP(stat1_loop, attributes_at("file"))
LOOP(stat4_loop, attributes_at(depth4))
LOOP(open1_loop, open_close("file"))
LOOP(open4_loop, open_close(depth4))
LOOP(open_link_loop, open_close("link"))
LOOP(open_missing_loop, open_missing())
LOOP(create_loop, create_unlink())
LOOP(list_loop, list())
LOOP(poll_clock_loop, poll_clock())
LOOP(poll_input_loop, poll_read(0))
LOOP(poll_file_loop, poll_read(data))
static Errno rename_loop(long turns) {
  for (; turns > 0; turns--) {
    Errno error = move("moved-calls", "moved");
    if (error == 0) error = move("moved", "moved-calls");
    if (error != 0) return error;
  }
  return 0;
}

static const struct row {
  const char *name;
  Errno (*loop)(long turns);
  // The most turns that fit the file, and the units of a turn for which the row is named.
  long most, units;
} rows[] = {
    {"clock_time_get", clock_loop, FOREVER, 1},
    {"random_get 16 B", random_loop, FOREVER, 1},
    {"fd_tell", tell_loop, FOREVER, 1},
    {"fd_fdstat_get", status_loop, FOREVER, 1},
    {"fd_fdstat_get, BADF", bad_status_loop, FOREVER, 1},
    {"fd_fdstat_get, EFAULT", outside_loop, FOREVER, 1},
    {"fd_filestat_get", attributes_loop, FOREVER, 1},
    {"fd_read 64 B", read64_loop, DATA_SIZE / 64, 1},
    {"fd_read 4 KiB", read4k_loop, DATA_SIZE / 4096, 1},
    {"fd_read 64 KiB", read64k_loop, DATA_SIZE / 65536, 1},
    {"fd_write 64 B", write64_loop, DATA_SIZE / 64, 1},
    {"fd_write 4 KiB", write4k_loop, DATA_SIZE / 4096, 1},
    {"fd_write 64 KiB", write64k_loop, DATA_SIZE / 65536, 1},
    {"fd_pread 4 KiB", pread_loop, FOREVER, 1},
    {"fd_pwrite 4 KiB", pwrite_loop, FOREVER, 1},
    {"path_filestat_get, depth 1", stat1_loop, FOREVER, 1},
    {"path_filestat_get, depth 4", stat4_loop, FOREVER, 1},
    {"path_open + fd_close, depth 1", open1_loop, FOREVER, 1},
    {"path_open + fd_close, depth 4", open4_loop, FOREVER, 1},
    {"path_open + fd_close, through a link", open_link_loop, FOREVER, 1},
    {"path_open, ENOENT", open_missing_loop, FOREVER, 1},
    {"path_rename", rename_loop, FOREVER, 2},
    {"path_open to create + fd_close + path_unlink_file", create_loop, FOREVER, 1},
    {"fd_readdir, an entry, 4 KiB", list_loop, FOREVER, ENTRIES},
    {"poll_oneoff, a clock at 0", poll_clock_loop, FOREVER, 1},
    {"poll_oneoff, stdin ready", poll_input_loop, FOREVER, 1},
    {"poll_oneoff, a file", poll_file_loop, FOREVER, 1},
};
enum { ROWS = sizeof rows / sizeof *rows };

// The turns of a batch, which are found while the row is warmed, and the first error of the row.
static long turns_of[ROWS];
static Errno errors[ROWS];

static double batch(size_t row) {
  rewind_data();
  uint64_t start = now();
  Errno error = rows[row].loop(turns_of[row]);
  double took = (double)(now() - start);
  if (error != 0) errors[row] = error;
  return took;
}
static void warm(size_t row, double nanoseconds, double enough) {
  for (double passed = 0; passed < nanoseconds && errors[row] == 0;) {
    double took = batch(row);
    passed += took + 1;
    if (took < enough && turns_of[row] * 2 <= rows[row].most) turns_of[row] *= 2;
  }
}
static int by_size(const void *a, const void *b) {
  double one = *(const double *)a, other = *(const double *)b;
  return one < other ? -1 : one > other;
}
// Fewer batches than twenty only where these would take ten times as long as wanted: what else the
// machine does interrupts some of them.
static void measure(size_t row, double nanoseconds) {
  double each[BATCHES], passed = 0;
  size_t made = 0;
  while (errors[row] == 0 && made < BATCHES && passed < 10 * nanoseconds) {
    double took = batch(row);
    passed += took;
    each[made++] = took / (double)turns_of[row] / (double)rows[row].units;
  }
  if (errors[row] != 0) {
    printf("%d", (int)errors[row]);
    return;
  }
  qsort(each, made, sizeof *each, by_size);
  printf("[%.2f, %.2f]", each[made / 2], each[0]);
}

static bool wanted(const char *name, int argc, char **argv) {
  for (int i = 5; i < argc; i++)
    if (strcmp(name, argv[i]) == 0) return true;
  return argc <= 5;
}

int main(int argc, char **argv) {
  if (argc < 5) {
    fprintf(stderr, "usage: calls wall|thread FOLDER WARM TIMED [ROW...]\n");
    return 2;
  }
  thread_time = strcmp(argv[1], "thread") == 0;
  double warming = atof(argv[3]) * 1e6, timed = atof(argv[4]) * 1e6;
  open_all(argv[2]);
  // All rows are warmed before any is timed: the code they share is optimized by then.
  for (size_t row = 0; row < ROWS; row++) {
    turns_of[row] = 1;
    if (wanted(rows[row].name, argc, argv)) warm(row, warming, timed / BATCHES);
  }
  const char *before = "{";
  for (size_t row = 0; row < ROWS; row++) {
    if (!wanted(rows[row].name, argc, argv)) continue;
    warm(row, warming / 4, timed / BATCHES);
    printf("%s\"%s\": ", before, rows[row].name);
    measure(row, timed);
    before = ",\n";
  }
  puts(before[0] == '{' ? "{}" : "}");
  return 0;
}
