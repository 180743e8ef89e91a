// The guest that has threads, by the wasi-threads proposal, and checks what they have together.
//
//   threads                 prints a line a step, `ok NAME` or `FAIL NAME`; exits with 1 if any
//   step failed threads exit CODE       a thread exits while the others work, sleep and wait
//   threads trap            a thread traps meanwhile
//   threads return          _start returns meanwhile
//   threads spawn           prints how many threads it could start
//   threads spin            threads wait, and the first never ends
//   threads flood COUNT     starts so many, one after another, each of which ends at once
//
// Its directory 3 must be an empty, writable folder. The C library is one for a single thread, so
// the first thread alone uses it; what the others share they do by atomics and by hostcalls, whose
// wrappers keep nothing.

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

enum { THREADS = 8, STACK = 16384, ROOT = 3 };
static const uint64_t millisecond = 1000000;

// The argument of `wasi_thread_start`: first the stack, as the code below wants it.
struct thread {
  char *stack_end;
  void (*body)(struct thread *self);
  int number;
  _Atomic int ended;
  _Alignas(16) char stack[STACK];
};
static struct thread threads[THREADS];

__attribute__((import_module("wasi"), import_name("thread-spawn"))) int32_t
thread_spawn(struct thread *thread);

static void notify(_Atomic int *word) {
  __builtin_wasm_memory_atomic_notify((int *)word, UINT32_MAX);
}

// Returns when the word is no longer `value`.
static void wait_while(_Atomic int *word, int value) {
  while (*word == value) __builtin_wasm_memory_atomic_wait32((int *)word, value, -1);
}

void thread_main(int32_t tid, struct thread *self) {
  (void)tid;
  self->body(self);
  self->ended = 1;
  notify(&self->ended);
}

// The instance of a new thread has the first thread's stack pointer.
__asm__(
    ".globaltype __stack_pointer, i32\n"
    ".functype thread_main (i32, i32) -> ()\n"
    ".export_name wasi_thread_start, wasi_thread_start\n"
    ".globl wasi_thread_start\n"
    ".type wasi_thread_start,@function\n"
    "wasi_thread_start:\n"
    ".functype wasi_thread_start (i32, i32) -> ()\n"
    "local.get 1\n"
    "i32.load 0\n"
    "global.set __stack_pointer\n"
    "local.get 0\n"
    "local.get 1\n"
    "call thread_main\n"
    "end_function\n");

static bool start(int number, void (*body)(struct thread *self)) {
  struct thread *thread = &threads[number];
  thread->stack_end = thread->stack + STACK;
  thread->body = body;
  thread->number = number;
  thread->ended = 0;
  return thread_spawn(thread) > 0;
}
static void join(int number) { wait_while(&threads[number].ended, 0); }
static bool together(void (*body)(struct thread *self)) {
  bool started = true;
  for (int i = 0; i < THREADS; i++) started = start(i, body) && started;
  for (int i = 0; i < THREADS && started; i++) join(i);
  return started;
}

// A lock: 0 free, 1 taken.
static _Atomic int taken = 0;
static void lock(void) {
  int expected = 0;
  while (!__c11_atomic_compare_exchange_strong(&taken, &expected, 1, __ATOMIC_SEQ_CST,
                                               __ATOMIC_SEQ_CST)) {
    wait_while(&taken, 1);
    expected = 0;
  }
}
static void unlock(void) {
  taken = 0;
  notify(&taken);
}

static int failures = 0;
static void report(const char *name, bool passed) {
  printf("%s %s\n", passed ? "ok" : "FAIL", name);
  if (!passed) failures++;
}

static const __wasi_rights_t ALL = ~(__wasi_rights_t)0;
// No directory can be opened to write.
static bool open_at(const char *path, __wasi_oflags_t how, __wasi_rights_t rights,
                    __wasi_fd_t *fd) {
  const __wasi_rights_t base =
      (how & __WASI_OFLAGS_DIRECTORY) != 0 ? rights & ~__WASI_RIGHTS_FD_WRITE : rights;
  return __wasi_path_open(ROOT, 0, path, how, base, rights, 0, fd) == 0;
}
static __wasi_size_t write_all(__wasi_fd_t fd, const void *bytes, size_t length) {
  __wasi_ciovec_t vector = {bytes, length};
  __wasi_size_t written = 0;
  return __wasi_fd_write(fd, &vector, 1, &written) == 0 ? written : 0;
}
static void sleep_for(uint64_t nanoseconds) {
  __wasi_subscription_t subscription = {.u = {.tag = __WASI_EVENTTYPE_CLOCK}};
  subscription.u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
  subscription.u.u.clock.timeout = nanoseconds;
  __wasi_event_t event;
  __wasi_size_t events;
  (void)__wasi_poll_oneoff(&subscription, &event, 1, &events);
}

// Memory.

static int sum = 0;
static void adds(struct thread *self) {
  for (int i = 0; i < 1000; i++) {
    lock();
    sum += self->number;
    unlock();
  }
}

static char *grown = NULL;
static void grows(struct thread *self) {
  (void)self;
  const size_t page = __builtin_wasm_memory_grow(0, 1);
  if (page != (size_t)-1) grown = (char *)(page * 65536);
}
// The first thread's host has not seen the new page yet.
static bool host_sees_growth(void) {
  if (!start(0, grows)) return false;
  join(0);
  return grown != NULL && __wasi_random_get((uint8_t *)grown, 64) == 0;
}

// Descriptors.

enum { RECORDS = 200, LENGTH = 16 };
static __wasi_fd_t shared_fd = 0;
static _Atomic int short_writes = 0;
static void writes(struct thread *self) {
  char record[LENGTH];
  memset(record, 'a' + self->number, LENGTH);
  for (int i = 0; i < RECORDS; i++)
    if (write_all(shared_fd, record, LENGTH) != LENGTH) short_writes++;
}
// One offset for all, kept by the kernel: no record overwrites another.
static bool offset_is_shared(void) {
  if (!open_at("log", __WASI_OFLAGS_CREAT, ALL, &shared_fd) || !together(writes) ||
      short_writes != 0)
    return false;
  int seen[THREADS] = {0};
  __wasi_filesize_t offset = 0;
  for (int i = 0; i < THREADS * RECORDS; i++, offset += LENGTH) {
    char record[LENGTH];
    __wasi_iovec_t vector = {(uint8_t *)record, LENGTH};
    __wasi_size_t size = 0;
    if (__wasi_fd_pread(shared_fd, &vector, 1, offset, &size) != 0 || size != LENGTH) return false;
    for (int j = 1; j < LENGTH; j++)
      if (record[j] != record[0]) return false;
    if (record[0] < 'a' || record[0] >= 'a' + THREADS) return false;
    seen[record[0] - 'a']++;
  }
  for (int i = 0; i < THREADS; i++)
    if (seen[i] != RECORDS) return false;
  __wasi_filesize_t end = 0;
  return __wasi_fd_tell(shared_fd, &end) == 0 && end == THREADS * RECORDS * LENGTH;
}

static void narrows(struct thread *self) {
  (void)self;
  (void)__wasi_fd_fdstat_set_rights(shared_fd, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK, 0);
}
static bool rights_are_shared(void) {
  if (!start(0, narrows)) return false;
  join(0);
  __wasi_ciovec_t vector = {(const uint8_t *)"x", 1};
  __wasi_size_t written;
  const __wasi_errno_t error = __wasi_fd_write(shared_fd, &vector, 1, &written);
  // A host that does not enforce rights answers as for a file that is not open for writing.
  return (error == __WASI_ERRNO_NOTCAPABLE || error == __WASI_ERRNO_BADF) &&
         __wasi_fd_fdstat_set_rights(shared_fd, ALL, 0) == __WASI_ERRNO_NOTCAPABLE;
}

static void closes(struct thread *self) {
  (void)self;
  (void)__wasi_fd_close(shared_fd);
}
static bool close_is_shared(void) {
  if (!start(0, closes)) return false;
  join(0);
  __wasi_filesize_t end;
  return __wasi_fd_tell(shared_fd, &end) == __WASI_ERRNO_BADF;
}

static __wasi_fd_t opened = 0;
static void opens(struct thread *self) {
  (void)self;
  if (!open_at("by-thread", __WASI_OFLAGS_CREAT, ALL, &opened)) opened = 0;
}
static bool open_is_shared(void) {
  if (!start(0, opens)) return false;
  join(0);
  return opened > ROOT && write_all(opened, "main", 4) == 4;
}

static void renumbers(struct thread *self) {
  (void)self;
  (void)__wasi_fd_renumber(opened, shared_fd);
}
static bool renumber_is_shared(void) {
  if (!open_at("replaced", __WASI_OFLAGS_CREAT, ALL, &shared_fd) || !start(0, renumbers))
    return false;
  join(0);
  __wasi_filesize_t end = 0;
  const bool moved = __wasi_fd_tell(shared_fd, &end) == 0 && end == 4 &&
                     __wasi_fd_tell(opened, &end) == __WASI_ERRNO_BADF;
  return __wasi_fd_close(shared_fd) == 0 && moved;
}

// Each opens and closes files of its own, whose numbers the others had a moment ago. What it reads
// must be its own.
static _Atomic int strangers = 0;
static void storms(struct thread *self) {
  char name[] = "file-0";
  name[5] = (char)('0' + self->number);
  for (int i = 0; i < 300; i++) {
    __wasi_fd_t fd;
    if (!open_at(name, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC, ALL, &fd)) {
      strangers++;
      continue;
    }
    char back = 0;
    __wasi_iovec_t vector = {(uint8_t *)&back, 1};
    __wasi_size_t size = 0;
    const bool own = write_all(fd, &name[5], 1) == 1 &&
                     __wasi_fd_pread(fd, &vector, 1, 0, &size) == 0 && back == name[5];
    if (__wasi_fd_close(fd) != 0 || !own) strangers++;
  }
}
static bool storm(void) {
  __wasi_fd_t before;
  __wasi_fd_t after;
  const bool opened_before =
      open_at(".", __WASI_OFLAGS_DIRECTORY, ALL, &before) && __wasi_fd_close(before) == 0;
  const bool all = together(storms) && strangers == 0;
  return opened_before && all && open_at(".", __WASI_OFLAGS_DIRECTORY, ALL, &after) &&
         __wasi_fd_close(after) == 0 && after == before;
}

// A thread closes descriptors that another uses: the answer is BADF, or the truth.
static _Atomic int wrong = 0;
static _Atomic int open_now = -1;
static void uses(struct thread *self) {
  for (int i = 0; i < 300; i++) {
    if (self->number == 0) {
      __wasi_fd_t fd;
      if (!open_at("log", 0, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK, &fd)) wrong++;
      open_now = (int)fd;
      (void)__wasi_sched_yield();
      if (__wasi_fd_close(fd) != 0) wrong++;
    } else if (open_now >= 0) {
      char byte = 0;
      __wasi_iovec_t vector = {(uint8_t *)&byte, 1};
      __wasi_size_t size = 0;
      const __wasi_errno_t error = __wasi_fd_pread((__wasi_fd_t)open_now, &vector, 1, 0, &size);
      if (error != __WASI_ERRNO_BADF && (error != 0 || byte < 'a' || byte >= 'a' + THREADS))
        wrong++;
    }
  }
}

// One directory, one descriptor, read by all at once.
static __wasi_fd_t directory = 0;
static _Atomic int incomplete = 0;
static void lists(struct thread *self) {
  uint8_t buffer[300];
  for (int round = 0; round < 300; round++) {
    int names = 0;
    __wasi_dircookie_t cookie = 0;
    for (;;) {
      __wasi_size_t used = 0;
      if (__wasi_fd_readdir(directory, buffer, sizeof buffer, cookie, &used) != 0) incomplete++;
      for (__wasi_size_t at = 0; at + sizeof(__wasi_dirent_t) <= used;) {
        __wasi_dirent_t entry;
        memcpy(&entry, buffer + at, sizeof entry);
        at += sizeof entry + entry.d_namlen;
        if (at > used) break;
        names++;
        cookie = entry.d_next;
      }
      if (used < sizeof buffer) break;
    }
    // `.`, `..`, by-thread, log, replaced, and what the storm left: a file a thread.
    if (names != 5 + THREADS) incomplete++;
  }
  (void)self;
}
static bool all_list(void) {
  return open_at(".", __WASI_OFLAGS_DIRECTORY, ALL, &directory) && together(lists) &&
         incomplete == 0 && __wasi_fd_close(directory) == 0;
}

// A thread that sleeps keeps no other waiting. The first sleeps until the program ends: were the
// second to wait for it, this step would never end, however slow the machine is.
static _Atomic int asleep = 0;
static void sleeps(struct thread *self) {
  if (self->number == 1) {
    wait_while(&asleep, 0);
    sleep_for(0);
    return;
  }
  asleep = 1;
  notify(&asleep);
  sleep_for(3600000 * millisecond);
}
static bool sleeping_alone(void) {
  if (!start(0, sleeps) || !start(1, sleeps)) return false;
  join(1);
  return threads[0].ended == 0;
}

static bool clean(void) {
  bool all = true;
  const char *const names[] = {"log", "by-thread", "replaced"};
  for (int i = 0; i < 3; i++) all = __wasi_path_unlink_file(ROOT, names[i]) == 0 && all;
  for (int i = 0; i < THREADS; i++) {
    char name[] = "file-0";
    name[5] = (char)('0' + i);
    all = __wasi_path_unlink_file(ROOT, name) == 0 && all;
  }
  return all;
}

// The end of the process.

static int exit_code = 0;
static _Atomic int never = 0;
static void leaves(struct thread *self) {
  sleep_for(50 * millisecond);
  switch (self->number) {
    case 0: __wasi_proc_exit((uint32_t)exit_code);
    case 1:
      for (;;) never++;
    case 2: sleep_for(3600000 * millisecond); break;
    default: wait_while(&never, never);
  }
}
static void traps(struct thread *self) {
  sleep_for(50 * millisecond);
  if (self->number == 0) __builtin_trap();
  wait_while(&never, 0);
}
static void waits(struct thread *self) {
  (void)self;
  wait_while(&never, 0);
}

static void ends(struct thread *self) { (void)self; }

int main(int argc, char **argv) {
  const char *const mode = argc > 1 ? argv[1] : "";
  if (strcmp(mode, "exit") == 0) {
    exit_code = atoi(argv[2]);
    together(leaves);
    return 99;
  }
  if (strcmp(mode, "trap") == 0) {
    together(traps);
    return 99;
  }
  if (strcmp(mode, "return") == 0) {
    for (int i = 0; i < 4; i++) start(i, waits);
    return 5;
  }
  if (strcmp(mode, "spawn") == 0) {
    int started = 0;
    while (started < THREADS && start(started, waits)) started++;
    printf("%d, then %d\n", started, thread_spawn(&threads[0]));
    return 0;
  }
  if (strcmp(mode, "spin") == 0) {
    for (int i = 0; i < 3; i++) start(i, waits);
    for (;;) (void)__wasi_sched_yield();
  }
  if (strcmp(mode, "flood") == 0) {
    for (int left = atoi(argv[2]); left > 0; left--) {
      // A thread that has ended may count for a moment still.
      while (!start(left % THREADS, ends)) (void)__wasi_sched_yield();
      join(left % THREADS);
    }
    return 0;
  }
  report("all_run", together(adds) && sum == 1000 * (THREADS * (THREADS - 1) / 2));
  report("host_sees_growth", host_sees_growth());
  report("offset_is_shared", offset_is_shared());
  report("rights_are_shared", rights_are_shared());
  report("close_is_shared", close_is_shared());
  report("open_is_shared", open_is_shared());
  report("renumber_is_shared", renumber_is_shared());
  report("storm", storm());
  report("closed_in_use", together(uses) && wrong == 0);
  report("all_list", all_list());
  report("sleeping_alone", sleeping_alone());
  report("clean", clean());
  return failures == 0 ? 0 : 1;
}
