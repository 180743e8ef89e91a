// Enumerates all runs of a program with choices. Each run repeats the choices of the one before, up
// to the last with an alternative left. The order is always the same.
#pragma once
#include <cstddef>
#include <vector>

#include "failure.h"

namespace interleavings {

template <typename Way>
class Choices {
 public:
  // Picks an alternative. `offer` adds all alternatives to a list. It is called once per point: a
  // run that repeats the same choices reaches the same point.
  template <typename Offer>
  Way pick(Offer offer) {
    if (at_ == points_.size()) {
      points_.push_back({ways_.size(), ways_.size()});
      offer(ways_);
    }
    return ways_[points_[at_++].picked];
  }
  // Prepares the next run, which chooses differently at the last point with an alternative left.
  // False if there is none.
  bool next() {
    require(at_ == points_.size(), "a run repeats the choices of the run before it");
    at_ = 0;
    for (; !points_.empty(); points_.pop_back()) {
      // The alternatives of the last point are the last in the list.
      if (++points_.back().picked < ways_.size()) return true;
      ways_.resize(points_.back().first);
    }
    return false;
  }
  // Prepares to repeat the current run.
  void repeat() { at_ = 0; }

  std::size_t points() const { return points_.size(); }
  // The next point to pick at.
  std::size_t at() const { return at_; }
  void go_to(std::size_t point) { at_ = point; }

 private:
  struct Point {
    std::size_t first;
    std::size_t picked;
  };
  std::vector<Point> points_;
  std::vector<Way> ways_;
  std::size_t at_ = 0;
};

}  // namespace interleavings
