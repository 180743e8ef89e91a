// Enumerates every tree and every change to it, each once for all those that a walk cannot tell apart.
//
// A run begins with an empty root of which nothing is known. The content of an entry is chosen when the walk asks for it, and
// stays until the guest changes it. Five reductions keep the runs few. None loses a walk:
//
// 1. Trees that differ only in entries that the walk never asks for are one tree. The content of an entry is chosen only as far
//    as the answer conveys it: first that it is no directory, and only once it is read that it is a symlink to `..`.
// 2. Names are letters, in the order in which the path and the targets bring them up. A walk compares names with `.` and `..`
//    only, so it takes the same steps under any other names.
// 3. The guest makes a change immediately before the first question whose answer it alters. An earlier change would be as
//    invisible, and would leave the guest the same possibilities. A change that alters no answer is not made at all. Renaming
//    or removing a directory that the walk holds is such a change, unless the walk asks for `..`: see parent().
// 4. The guest does not change an entry before the first question about it, because the tree may have been so from the start.
//    It does so only when the tree has used up its names.
// 5. The place to which the guest moved something is chosen when the walk asks for an entry that may be it. If it never does,
//    the guest may as well have removed it. A file that the guest creates, and a hard link, are as a file that it moved there.
//
// unreduced.h enumerates without any of them. compare.h requires that walks meet the same answers in both.
#pragma once
#include "choices.h"
#include "files.h"
#include "known.h"

namespace interleavings {

class Lazy final : public Files {
 public:
  explicit Lazy(const Bounds& bounds) : bounds_(bounds), steps_(max_steps) {}
  // Begins the first run, on a path with so many different letters, or the next.
  void begin(unsigned path_letters);
  // Prepares the next run. False when there is none.
  bool next();
  // Prepares to repeat the run that is under way.
  void repeat();
  // Allows no more changes.
  void freeze() { known_.changes_left = 0; }

  Content look(Node in, Name name, Looks looks) override;
  Node parent(Node of) override;
  unsigned changes() const override { return known_.changes; }

 private:
  // An event before an answer.
  struct Way {
    enum Does : std::uint8_t { stay, take, put, put_empty, land, bring, tell, lie_in } does;
    std::uint8_t names;    // taken from the tree's
    std::uint8_t changes;  // taken from the guest's
    std::uint8_t moved;    // land, bring: the index of a content that was set aside, or `none`
    Content what;
    Node node;    // bring: a directory to move out of the way first, or `outside`; lie_in: the parent
    Place* from;  // bring: the present place, or null
  };
  struct Question {
    Node in;
    Place& place;
    Looks looks;
    Content before;  // the answer had the guest done nothing
    bool changed;
  };
  // A question of the run. The next run has the same ones up to the first choice that it makes otherwise: these are answered
  // from here, and then all goes on from a copy of what was known.
  struct Step {
    Node in;
    Name name;
    Looks looks;
    Content answer;
    std::size_t point;  // of the first choice
    Known before;
  };
  class Ways;

  template <typename Answer>
  Content step(Node in, Name name, Looks looks, Answer answer);
  Content answer(Question question);
  bool settle(Question& question);
  void offer_new(Ways& ways, const Question& question) const;
  void offer_moved(Ways& ways, const Question& question) const;
  void offer_known(Ways& ways, const Question& question);
  void offer_bring(Ways& ways, const Question& question, const Content& what, Place* from, std::uint8_t moved) const;
  void tell(const Question& question);
  void apply(const Way& way, Question& question);

  static constexpr Name dot_dot = 254;
  static constexpr std::uint8_t none = 255;
  static constexpr std::size_t max_steps = 512;
  const Bounds bounds_;
  Choices<Way> choices_;
  Known known_;
  std::vector<Step> steps_;
  std::size_t at_ = 0;     // in steps_
  std::size_t ready_ = 0;  // steps that are as in the run before
  bool again_ = false;
};

}  // namespace interleavings
