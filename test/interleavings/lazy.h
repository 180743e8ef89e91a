// Enumerates every tree and every change to it, once for all those that a walk cannot distinguish.
//
// A run begins with an empty root of which nothing is known. The content of an entry is chosen when the walk looks it up, and
// stays until the guest changes it. Five reductions keep the runs few. None loses a walk:
//
// 1. Trees that differ only in entries that the walk never looks up are one tree. The content of an entry is chosen only as far
//    as the answer conveys it. For example, it is no directory; only reading it determines that it is a symlink to `..`.
// 2. Names are letters, in the order of first use in the path and the targets. A walk compares names with `.` and `..` only, so
//    it takes the same steps under any other names.
// 3. The guest makes a change immediately before the first question whose answer it alters. An earlier change would be as
//    invisible, and the guest would have the same possibilities. A change that alters no answer is not made at all. Renaming
//    or removing a directory that the walk holds is such a change, unless the walk looks up `..`: see parent().
// 4. The guest does not change an entry before the first question about it: the tree may have been so from the start. It does
//    so only when the tree has used up its names.
// 5. The place to which the guest moved a content is chosen when the walk looks up an entry that may be it. If it never does,
//    the guest may as well have removed the content. Creating a file or a hard link counts as moving a file there.
//
// unreduced.h enumerates without any of them. compare.h requires that walks get the same answers in both.
#pragma once
#include "choices.h"
#include "files.h"
#include "known.h"

namespace interleavings {

class Lazy final : public Files {
 public:
  explicit Lazy(const Bounds& bounds) : bounds_(bounds), steps_(max_steps) {}
  // Begins the next run, or the first, on a path with so many different letters.
  void begin(unsigned path_letters);
  // Prepares the next run. False if there is none.
  bool next();
  // Prepares to repeat the current run.
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
    Content before;  // the answer without a change by the guest
    bool changed;
  };
  // A question of the run. The next run has the same questions up to the first choice that differs.
  // It takes their answers from here, and continues from a copy of what was known.
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
  std::size_t ready_ = 0;  // steps equal to those of the run before
  bool again_ = false;
};

}  // namespace interleavings
