// Chooses the content of an entry when the walk looks it up.
#include "lazy.h"

namespace interleavings {
namespace {

// True if the walk gets a different answer than before.
bool alters(const Content& before, const Content& after, Looks looks) {
  const auto answer = [looks](const Content& content) -> unsigned {
    if (content.kind == Content::absent) return 0;
    if (content.kind == Content::directory && looks != Looks::for_target) return 1 + content.node;
    if (looks == Looks::for_directory) return 1000;
    if (looks == Looks::for_kind) return 1000 + content.kind;
    return content.kind == Content::link ? 2000 + content.target : 1000;
  };
  // An undetermined content may be any.
  return before.kind == Content::unknown || (looks != Looks::for_directory && after.kind == Content::other) ||
         answer(before) != answer(after);
}

}  // namespace

class Lazy::Ways {
 public:
  Ways(const Known& known, std::vector<Way>& ways) : known_(known), ways_(ways) {}
  void add(Way::Does does, unsigned names, unsigned changes, const Content& what, Place* from = nullptr,
           std::uint8_t moved = none, Node node = outside) {
    if (names > known_.names_left || changes > known_.changes_left) return;
    ways_.push_back({does, static_cast<std::uint8_t>(names), static_cast<std::uint8_t>(changes), moved, what, node, from});
  }

 private:
  const Known& known_;
  std::vector<Way>& ways_;
};

void Lazy::begin(unsigned path_letters) {
  at_ = 0;
  again_ = ready_ > 0;
  if (!again_) known_.begin(bounds_, path_letters);
}

bool Lazy::next() {
  const bool is_left = choices_.next();
  // Finds the step whose choice will differ.
  for (ready_ = is_left ? at_ - 1 : 0; is_left && steps_[ready_].point >= choices_.points(); --ready_) continue;
  return is_left;
}

void Lazy::repeat() {
  choices_.repeat();
  ready_ = 0;
}

template <typename Answer>
Content Lazy::step(Node in, Name name, Looks looks, Answer answer) {
  require(at_ < max_steps, "there is room for all questions");
  Step& step = steps_[at_];
  if (again_ && at_ <= ready_) {
    require(step.in == in && step.name == name && step.looks == looks, "a walk asks the same after the same answers");
    if (at_++ < ready_) return step.answer;
    known_.copy(step.before);
    choices_.go_to(step.point);
  } else {
    ++at_;
    step.in = in;
    step.name = name;
    step.looks = looks;
    step.point = choices_.at();
    step.before.copy(known_);
  }
  ++known_.question;
  return step.answer = answer();
}

Content Lazy::look(Node in, Name name, Looks looks) {
  return step(in, name, looks, [&] {
    const Known::Directory& directory = known_.at(in);
    Place& place = known_.at(in).places[name];
    if (place.now.kind == Content::unknown && (directory.listed || directory.dead))
      place = {{Content::absent, {0}}, directory.since, directory.since};
    Question question{in, place, looks, place.now, false};
    while (!directory.dead && settle(question)) continue;
    tell(question);
    place.seen = known_.question;
    if (question.changed || looks == Looks::for_target) place.read = known_.question;
    return place.now;
  });
}

// Lets one event happen before the answer. True if another may follow.
bool Lazy::settle(Question& question) {
  const Way way = choices_.pick([&](std::vector<Way>& list) {
    Ways ways(known_, list);
    ways.add(Way::stay, 0, 0, {});
    if (present(question.place.now)) ways.add(Way::take, 0, 1, {});
    // The content is determined only now, so its replacement may have been there from the start.
    if (question.place.now.kind == Content::other && question.looks == Looks::for_target) return;
    offer_new(ways, question);
    offer_moved(ways, question);
    offer_known(ways, question);
  });
  apply(way, question);
  return way.does == Way::take;
}

// Offers contents of which nothing is known: the tree's, those that the guest makes, or those it
// moves here from an unknown place.
void Lazy::offer_new(Ways& ways, const Question& question) const {
  const Content& now = question.place.now;
  const Content other{Content::other, {0}};
  const Content directory{Content::directory, {none}};
  const bool leaves = known_.gives_way(now, other) && alters(question.before, other, question.looks);
  const bool directories = known_.gives_way(now, directory) && alters(question.before, directory, question.looks);
  if (now.kind == Content::unknown) {
    const unsigned change = known_.names_left > 0 ? 0 : 1;
    ways.add(Way::put, 1 - change, change, other);
    ways.add(change == 0 ? Way::put : Way::put_empty, 1 - change, change, directory);
  } else if (now.kind == Content::absent) {
    if (leaves) ways.add(Way::put, 0, 1, other);
    if (directories) ways.add(Way::put_empty, 0, 1, directory);
    if (directories) ways.add(Way::put, 1, 1, directory);
  } else {
    if (leaves) ways.add(Way::put, 1, 1, other);
    if (directories) ways.add(Way::put, 1, 1, directory);
  }
}

// Offers contents that the guest moved before: to here, or elsewhere and from there to here.
void Lazy::offer_moved(Ways& ways, const Question& question) const {
  const Place& place = question.place;
  for (unsigned index = 0; index < known_.moves(); ++index) {
    const Known::Moved& moved = known_.moved(index);
    const auto number = static_cast<std::uint8_t>(index);
    if (moved.when == known_.question) continue;
    // No answer since contradicts that.
    const bool alike = leaf(place.now) && leaf(moved.what);
    const bool could = place.now.kind == Content::unknown || (alike ? place.read : place.seen) < moved.when;
    const bool inside = moved.what.kind == Content::directory && known_.beneath(question.in, moved.what.node);
    if (!could || inside)
      offer_bring(ways, question, moved.what, nullptr, number);
    else if (known_.gives_way(place.now, moved.what) && alters(question.before, moved.what, question.looks))
      ways.add(Way::land, 0, 0, moved.what, nullptr, number);
  }
}

// Offers contents of other known entries.
void Lazy::offer_known(Ways& ways, const Question& question) {
  if (known_.changes_left == 0) return;
  for (Node node = root; node < known_.nodes(); ++node)
    for (unsigned name = 0; name < known_.letters; ++name) {
      Place& from = known_.at(node).places[name];
      if (&from != &question.place && present(from.now)) offer_bring(ways, question, from.now, &from, none);
    }
}

void Lazy::offer_bring(Ways& ways, const Question& question, const Content& what, Place* from, std::uint8_t moved) const {
  if (!known_.gives_way(question.place.now, what) || !alters(question.before, what, question.looks)) return;
  if (what.kind != Content::directory || !known_.beneath(question.in, what.node))
    return ways.add(Way::bring, 0, 1, what, from, moved);
  // A directory cannot be moved into itself (rename(2), EINVAL). The guest first moves one of the
  // directories between out.
  for (Node aside = question.in; aside != what.node; aside = known_.at(aside).parent)
    ways.add(Way::bring, 0, 2, what, from, moved, aside);
}

// Chooses the content of a file or symlink as far as the answer conveys it.
void Lazy::tell(const Question& question) {
  const Content& now = question.place.now;
  const bool leaf_told = now.kind == Content::other && question.looks != Looks::for_directory;
  const bool target_told = now.kind == Content::link && now.target == unread && question.looks == Looks::for_target;
  if (!leaf_told && !target_told) return;
  const Way way = choices_.pick([&](std::vector<Way>& list) {
    Ways ways(known_, list);
    const auto offer = [&](Content::Kind kind, Target target) {
      const Content what{kind, {target}};
      if (!question.changed || alters(question.before, what, question.looks)) ways.add(Way::tell, 0, 0, what);
    };
    if (leaf_told) offer(Content::file, 0);
    if (question.looks == Looks::for_kind) return offer(Content::link, unread);
    const unsigned fresh = known_.letters < bounds_.letters ? 1 : 0;
    for (unsigned to = 0; to < first_name + known_.letters + fresh; ++to) offer(Content::link, static_cast<Target>(to));
  });
  question.place.now = way.what;
  if (way.what.kind == Content::link && way.what.target == first_name + known_.letters) ++known_.letters;
}

void Lazy::apply(const Way& way, Question& question) {
  known_.names_left -= way.names;
  known_.changes_left -= way.changes;
  known_.changes += way.changes;
  question.changed = question.changed || way.changes > 0 || way.does == Way::land;
  Place& place = question.place;
  switch (way.does) {
    case Way::stay:
      if (place.now.kind == Content::unknown) place.now.kind = Content::absent;
      return;
    case Way::take: return known_.set_aside(place);
    case Way::put:
    case Way::put_empty: {
      Content what = way.what;
      if (what.kind == Content::directory) what.node = known_.add(question.in, way.does == Way::put_empty);
      return known_.put(what, question.in, place);
    }
    default:
      if (way.node != outside) known_.set_aside(way.node);
      known_.put(way.what, question.in, place);
      if (way.from == nullptr)
        known_.take(way.moved);
      else
        *way.from = {{Content::absent, {0}}, known_.question, known_.question};
  }
}

Node Lazy::parent(Node of) {
  if (of <= root) return outside;
  return step(of, dot_dot, Looks::for_directory,
              [&]() -> Content {
                const Node parent = known_.at(of).parent;
                const Way way = choices_.pick([&](std::vector<Way>& list) {
                  Ways ways(known_, list);
                  if (parent != Known::nowhere) ways.add(Way::lie_in, 0, 0, {}, nullptr, none, parent);
                  // The guest moves it, to a name without questions.
                  for (Node node = root; node < known_.nodes(); ++node)
                    if (node != parent && !known_.at(node).dead && !known_.beneath(node, of))
                      ways.add(Way::lie_in, 0, parent == Known::nowhere ? 0 : 1, {}, nullptr, none, node);
                });
                known_.changes_left -= way.changes;
                known_.changes += way.changes;
                if (way.changes > 0) known_.set_aside(of);
                return {Content::directory, {way.node}};
              })
      .node;
}

}  // namespace interleavings
