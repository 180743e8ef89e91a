// Reserves descriptors for the host, so that a guest that opens as many as it can does not stop the
// host's work.
#pragma once
#include "fd.h"
#include "guest-view.h"

namespace wasi_common {

// The lowest number that no guest may have. open(2) returns the lowest free number. As long as no
// guest has one from here on, the host can open the rest: 64, or half of a limit below 128.
int first_reserved();

// Checks every descriptor that a guest's call opens before the next one, temporary or not. So each
// thread holds at most one of the reserve, and closes it at once.
class Reserve {
 public:
  explicit Reserve(GuestView& guest);

  // MFILE for a reserved descriptor.
  Answer check(const Descriptor& fd);
  // Checks the descriptor that comes next, before a call creates or truncates a file, or accepts a
  // connection, only to be refused. `any` is an open descriptor.
  Answer check_next(int any);

 private:
  GuestView& guest_;
  int first_reserved_;
  int latest_;  // the last descriptor checked
};

}  // namespace wasi_common
