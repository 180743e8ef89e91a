// The floor: what the system calls alone cost that a hostcall stands for. It knows the rows of calls.ts by their names.
//
//   floor FOLDER WARM TIMED ROW...
//
// Times a loop over each row for TIMED milliseconds, after WARM milliseconds of the same, and prints nanoseconds a turn as JSON.
// Rows that it does not know are left out: they stand for no system call.

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { DATA_SIZE = 16 << 20, ENTRIES = 5000 };

// The folder, a large file, a small one, a directory to list, /dev/null, another number for the small one.
static int root, data, file, entries, null, other;
static int ends[2], listener;
static char buffer[1 << 20];
static struct stat attributes;
static struct timespec stamp;
static struct pollfd ready;
static struct iovec vectors[16];

static void fail(const char *what) {
  fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
  exit(1);
}
static int opened(int fd, const char *what) {
  if (fd < 0) fail(what);
  return fd;
}

static const char depth4[] = "d/d/d/file";
static const char link4[] = "d/d/d/link";
static const char depth16[] = "d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/file";

#define ALWAYS(condition)               \
  do {                                  \
    if (!(condition)) fail(#condition); \
  } while (0)
#define TURN(id, ...)                                  \
  static void id(long turns) {                         \
    for (long turn = 0; turn < turns; turn++) __VA_ARGS__; \
  }

static void open_close(const char *path) {
  int fd = openat(root, path, O_RDONLY | O_CLOEXEC);
  ALWAYS(fd >= 0 && close(fd) == 0);
}
// openat2(2) with RESOLVE_BENEATH and RESOLVE_NO_MAGICLINKS, of which older headers know nothing.
static int beneath(const char *path, uint64_t flags) {
  struct {
    uint64_t flags, mode, resolve;
  } how = {flags | O_CLOEXEC, 0, 0x08 | 0x02};
  return (int)syscall(437, root, path, &how, sizeof how);
}
static void open_close_beneath(const char *path) {
  int fd = beneath(path, O_RDONLY);
  ALWAYS(fd >= 0 && close(fd) == 0);
}
static void list(size_t size) {
  ALWAYS(lseek(entries, 0, SEEK_SET) == 0);
  long length;
  do ALWAYS((length = syscall(SYS_getdents64, entries, buffer, size)) >= 0);
  while (length > 0);
}
static void rewind_data(void) { ALWAYS(lseek(data, 0, SEEK_SET) == 0); }

TURN(time_monotonic, ALWAYS(clock_gettime(CLOCK_MONOTONIC, &stamp) == 0))
TURN(time_realtime, ALWAYS(clock_gettime(CLOCK_REALTIME, &stamp) == 0))
TURN(resolution, ALWAYS(clock_getres(CLOCK_MONOTONIC, &stamp) == 0))
TURN(random16, ALWAYS(getrandom(buffer, 16, 0) == 16))
TURN(random64k, ALWAYS(getrandom(buffer, 65536, 0) == 65536))
TURN(yield, ALWAYS(sched_yield() == 0))
TURN(tell, ALWAYS(lseek(data, 0, SEEK_CUR) >= 0))
TURN(seek, ALWAYS(lseek(data, 4096, SEEK_SET) == 4096))
TURN(flags, ALWAYS(fcntl(data, F_GETFL) >= 0))
TURN(set_flags, ALWAYS(fcntl(data, F_SETFL, 0) == 0))
TURN(renumber, {
  int fd = openat(root, "file", O_RDONLY | O_CLOEXEC);
  ALWAYS(fd >= 0 && dup3(fd, other, O_CLOEXEC) == other && close(fd) == 0);
})
TURN(read64, ALWAYS(read(data, buffer, 64) == 64))
TURN(read4k, ALWAYS(read(data, buffer, 4096) == 4096))
TURN(read64k, ALWAYS(read(data, buffer, 65536) == 65536))
TURN(read1m, ALWAYS(read(data, buffer, 1 << 20) == 1 << 20))
TURN(write64, ALWAYS(write(data, buffer, 64) == 64))
TURN(write4k, ALWAYS(write(data, buffer, 4096) == 4096))
TURN(write64k, ALWAYS(write(data, buffer, 65536) == 65536))
TURN(write1m, ALWAYS(write(data, buffer, 1 << 20) == 1 << 20))
TURN(write_null, ALWAYS(write(null, buffer, 64) == 64))
TURN(write16, ALWAYS(writev(data, vectors, 16) == 1024))
TURN(pread4k, ALWAYS(pread(data, buffer, 4096, 8192) == 4096))
TURN(pwrite4k, ALWAYS(pwrite(data, buffer, 4096, 8192) == 4096))
TURN(filestat, ALWAYS(fstat(file, &attributes) == 0))
TURN(set_size, ALWAYS(ftruncate(file, 4096) == 0))
TURN(set_times, ALWAYS(futimens(file, NULL) == 0))
TURN(advise, ALWAYS(posix_fadvise(file, 0, 4096, POSIX_FADV_NORMAL) == 0))
TURN(allocate, ALWAYS(posix_fallocate(file, 0, 4096) == 0))
TURN(sync_all, ALWAYS(fsync(file) == 0))
TURN(sync_data, ALWAYS(fdatasync(file) == 0))
TURN(open1, open_close("file"))
TURN(open4, open_close(depth4))
TURN(open16, open_close(depth16))
TURN(open_missing, ALWAYS(openat(root, "missing", O_RDONLY | O_CLOEXEC) < 0 && errno == ENOENT))
TURN(open_link, open_close("link"))
TURN(open_link4, open_close(link4))
TURN(open4_beneath, open_close_beneath(depth4))
TURN(open_link_beneath, open_close_beneath("link"))
TURN(open_folder, open_close("d"))
TURN(stat1, ALWAYS(fstatat(root, "file", &attributes, 0) == 0))
TURN(stat4, ALWAYS(fstatat(root, depth4, &attributes, 0) == 0))
TURN(stat16, ALWAYS(fstatat(root, depth16, &attributes, 0) == 0))
TURN(stat_link, ALWAYS(fstatat(root, "link", &attributes, 0) == 0))
TURN(stat4_beneath, {
  int fd = beneath(depth4, O_PATH);
  ALWAYS(fd >= 0 && fstat(fd, &attributes) == 0 && close(fd) == 0);
})
TURN(stat_missing, ALWAYS(fstatat(root, "missing", &attributes, 0) < 0 && errno == ENOENT))
TURN(set_times_at, ALWAYS(utimensat(root, "file", NULL, 0) == 0))
TURN(read_link, ALWAYS(readlinkat(root, "link", buffer, 64) == 4))
TURN(make_remove, ALWAYS(mkdirat(root, "made", 0777) == 0 && unlinkat(root, "made", AT_REMOVEDIR) == 0))
TURN(rename_twice, ALWAYS(renameat(root, "floor", root, "moved-floor") == 0 && renameat(root, "moved-floor", root, "floor") == 0))
TURN(create_unlink, {
  int fd = openat(root, "created", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  ALWAYS(fd >= 0 && close(fd) == 0 && unlinkat(root, "created", 0) == 0);
})
TURN(link_unlink, ALWAYS(linkat(root, "file", root, "linked", 0) == 0 && unlinkat(root, "linked", 0) == 0))
TURN(symlink_unlink, ALWAYS(symlinkat("file", root, "linked") == 0 && unlinkat(root, "linked", 0) == 0))
TURN(list4k, list(4096))
TURN(list64k, list(65536))
TURN(poll_nothing, ALWAYS(poll(NULL, 0, 0) == 0))
TURN(poll_ready, ALWAYS(poll(&ready, 1, -1) == 1))
TURN(send_receive, ALWAYS(send(ends[0], buffer, 64, 0) == 64 && recv(ends[1], buffer, 64, 0) == 64))
TURN(accept_nobody, ALWAYS(accept4(listener, NULL, NULL, SOCK_CLOEXEC) < 0 && errno == EAGAIN))
TURN(shut_down, ALWAYS(shutdown(ends[0], SHUT_WR) == 0))

static const struct row {
  const char *name;
  void (*run)(long turns);
  // As many turns as fit the file.
  long most;
  long units;
} rows[] = {
    {"clock_time_get", time_monotonic, 0, 1},
    {"clock_time_get, realtime", time_realtime, 0, 1},
    {"clock_res_get", resolution, 0, 1},
    {"random_get 16 B", random16, 0, 1},
    {"random_get 64 KiB", random64k, 0, 1},
    {"sched_yield", yield, 0, 1},
    {"fd_tell", tell, 0, 1},
    {"fd_seek", seek, 0, 1},
    {"fd_fdstat_get", flags, 0, 1},
    {"fd_fdstat_set_flags", set_flags, 0, 1},
    {"path_open + fd_renumber", renumber, 0, 1},
    {"fd_read 64 B", read64, DATA_SIZE / 64, 1},
    {"fd_read 4 KiB", read4k, DATA_SIZE / 4096, 1},
    {"fd_read 64 KiB", read64k, DATA_SIZE / 65536, 1},
    {"fd_read 1 MiB", read1m, DATA_SIZE >> 20, 1},
    {"fd_write 64 B", write64, DATA_SIZE / 64, 1},
    {"fd_write 4 KiB", write4k, DATA_SIZE / 4096, 1},
    {"fd_write 64 KiB", write64k, DATA_SIZE / 65536, 1},
    {"fd_write 1 MiB", write1m, DATA_SIZE >> 20, 1},
    {"fd_write 64 B to /dev/null", write_null, 0, 1},
    {"fd_write 16 x 64 B", write16, DATA_SIZE / 1024, 1},
    {"fd_pread 4 KiB", pread4k, 0, 1},
    {"fd_pwrite 4 KiB", pwrite4k, 0, 1},
    {"fd_filestat_get", filestat, 0, 1},
    {"fd_filestat_set_size", set_size, 0, 1},
    {"fd_filestat_set_times", set_times, 0, 1},
    {"fd_advise", advise, 0, 1},
    {"fd_allocate", allocate, 0, 1},
    {"fd_sync", sync_all, 0, 1},
    {"fd_datasync", sync_data, 0, 1},
    {"path_open + fd_close, depth 1", open1, 0, 1},
    {"path_open + fd_close, depth 4", open4, 0, 1},
    {"path_open + fd_close, depth 16", open16, 0, 1},
    {"path_open, ENOENT", open_missing, 0, 1},
    {"path_open + fd_close, through a link", open_link, 0, 1},
    {"path_open + fd_close, through a link, depth 4", open_link4, 0, 1},
    {"path_open + fd_close, depth 4, beneath", open4_beneath, 0, 1},
    {"path_open + fd_close, through a link, beneath", open_link_beneath, 0, 1},
    {"path_open of a folder + fd_close", open_folder, 0, 1},
    {"path_filestat_get, depth 1", stat1, 0, 1},
    {"path_filestat_get, depth 4", stat4, 0, 1},
    {"path_filestat_get, depth 16", stat16, 0, 1},
    {"path_filestat_get, through a link", stat_link, 0, 1},
    {"path_filestat_get, depth 4, beneath", stat4_beneath, 0, 1},
    {"path_filestat_get, ENOENT", stat_missing, 0, 1},
    {"path_filestat_set_times", set_times_at, 0, 1},
    {"path_readlink", read_link, 0, 1},
    {"path_create_directory + path_remove_directory", make_remove, 0, 1},
    {"path_rename", rename_twice, 0, 2},
    {"path_open to create + fd_close + path_unlink_file", create_unlink, 0, 1},
    {"path_link + path_unlink_file", link_unlink, 0, 1},
    {"path_symlink + path_unlink_file", symlink_unlink, 0, 1},
    {"fd_readdir, an entry, 4 KiB", list4k, 0, ENTRIES},
    {"fd_readdir, an entry, 64 KiB", list64k, 0, ENTRIES},
    {"poll_oneoff, a clock at 0", poll_nothing, 0, 1},
    {"poll_oneoff, a ready descriptor", poll_ready, 0, 1},
    {"sock_send + sock_recv 64 B", send_receive, 0, 1},
    {"sock_accept, nobody waits", accept_nobody, 0, 1},
    {"sock_shutdown", shut_down, 0, 1},
};

static void lay(const char *folder) {
  for (int i = 0; i < 16; i++) vectors[i] = (struct iovec){buffer + 4096 * i, 64};
  root = opened(open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), folder);
  data = opened(openat(root, "data", O_RDWR | O_CLOEXEC), "data");
  file = opened(openat(root, "file", O_RDWR | O_CLOEXEC), "file");
  entries = opened(openat(root, "entries", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "entries");
  null = opened(open("/dev/null", O_WRONLY | O_CLOEXEC), "/dev/null");
  other = opened(dup(file), "dup");
  close(opened(openat(root, "floor", O_WRONLY | O_CREAT | O_CLOEXEC, 0666), "floor"));
  ALWAYS(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 && send(ends[1], "x", 1, 0) == 1);
  ready = (struct pollfd){.fd = ends[0], .events = POLLIN};
  // A name that lies in no file system.
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  listener = opened(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
  ALWAYS(bind(listener, (struct sockaddr *)&name, sizeof name.sun_family) == 0 && listen(listener, 1) == 0);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}
static double batch(const struct row *row, long turns) {
  rewind_data();
  double start = now();
  row->run(turns);
  return now() - start;
}
// As guest.ts does it, so that both rewind equally often.
static double measure(const struct row *row, double warm, double timed) {
  long turns = 1;
  for (double passed = 0; passed < warm;) {
    double took = batch(row, turns);
    passed += took + 1;
    if (took < timed / 20 && (row->most == 0 || turns * 2 <= row->most)) turns *= 2;
  }
  double passed = 0;
  long made = 0;
  for (; passed < timed; made += turns) passed += batch(row, turns);
  return passed / (double)made / (double)row->units;
}

// Every Node has threads. In a process with more than one the kernel counts the users of a file at each call (fdget(), 20 to
// 100 ns), so the floor has a second one, which does nothing.
static void *idle(void *nothing) {
  for (;;) pause();
  return nothing;
}

int main(int argc, char **argv) {
  if (argc < 5) {
    fprintf(stderr, "usage: floor FOLDER WARM TIMED ROW...\n");
    return 2;
  }
  lay(argv[1]);
  pthread_t thread;
  if (pthread_create(&thread, NULL, idle, NULL) != 0) fail("pthread_create");
  const char *before = "{";
  for (int i = 4; i < argc; i++)
    for (size_t j = 0; j < sizeof rows / sizeof *rows; j++)
      if (strcmp(rows[j].name, argv[i]) == 0) {
        printf("%s\"%s\": %f", before, argv[i], measure(&rows[j], atof(argv[2]) * 1e6, atof(argv[3]) * 1e6));
        before = ", ";
      }
  puts(before[0] == '{' ? "{}" : "}");
  return 0;
}
