// Knows the descriptors reserved for the host: a guest that opens all it can must not stop the host's work.
#pragma once
#include "fd.h"
#include "guest-view.h"

namespace wasi_common {

// The lowest number that no guest may have. The kernel gives the lowest that is free, so as long as a guest has none from there
// on, the host can open as many as there are numbers left: 64, or half of a limit below 128.
int first_reserved();

// Every descriptor that a guest's call opens is checked before the next, those held in passing like those that stay. So each
// thread has at most one of the reserve, and closes it at once.
class Reserve {
 public:
  explicit Reserve(GuestView& guest);

  // MFILE for a descriptor that is reserved.
  Answer check(const Descriptor& fd);
  // The same of the descriptor that comes next, for a call that would have made a file, cut one or taken a connection before it
  // is refused. `any` is an open descriptor.
  Answer check_next(int any);

 private:
  GuestView& guest_;
  int first_reserved_;
  int latest_;  // the number of the descriptor that was checked last
};

}  // namespace wasi_common
