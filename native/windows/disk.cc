// Knows which classes of information a file system understands, and what to ask where it does not.
#include "disk.h"

#include <cstring>

#include "link.h"

namespace wasi_common {
namespace {

constexpr std::int64_t epoch = 116444736000000000;  // 1970, from 1601
constexpr std::uint64_t tick = 100;                 // nanoseconds

template <class Record>
nt::Status ask(nt::Object file, Record& record, std::uint32_t about) {
  nt::Outcome outcome{};
  const nt::Status status = nt::calls.query_information_file(file, &outcome, &record, sizeof(record), about);
  // There was no room for the name, which we do not want.
  return status == nt::buffer_overflow ? nt::success : status;
}

template <class Record>
nt::Status tell(nt::Object file, const Record& record, std::uint32_t about) {
  nt::Outcome outcome{};
  return nt::calls.set_information_file(file, &outcome, &record, sizeof(record), about);
}

// What systems and file systems say that do not know a class, or a flag in it.
bool unknown(nt::Status status) {
  return status == nt::invalid_info_class || status == nt::invalid_parameter || status == nt::not_implemented ||
         status == nt::not_supported || status == nt::invalid_device_request;
}

nt::Status name_anew(nt::Object file, nt::Object directory, const std::u16string& name, std::uint32_t flags,
                     std::uint32_t about) {
  std::vector<std::uint8_t> bytes(sizeof(nt::NewName) + 2 * name.size());
  nt::NewName head{};
  head.flags = flags;
  head.root = directory;
  head.name_bytes = static_cast<std::uint32_t>(2 * name.size());
  std::memcpy(bytes.data(), &head, sizeof(head));
  std::memcpy(bytes.data() + offsetof(nt::NewName, name), name.data(), head.name_bytes);
  nt::Outcome outcome{};
  return nt::calls.set_information_file(file, &outcome, bytes.data(), static_cast<std::uint32_t>(bytes.size()), about);
}

}  // namespace

nt::Status open_at(nt::Object directory, const std::u16string& name, const Opening& how, Object& opened, bool* created) {
  const auto bytes = static_cast<std::uint16_t>(2 * name.size());
  const nt::Text text{bytes, bytes, name.data()};
  nt::Attributes attributes;
  attributes.root = directory;
  attributes.name = &text;
  nt::Outcome outcome{};
  nt::Object object = nt::no_object;
  constexpr std::uint32_t options = nt::option::synchronous | nt::option::backup_intent | nt::option::itself;
  const nt::Status status =
      nt::calls.create_file(&object, how.access | nt::access::read_attributes | nt::access::synchronize, &attributes, &outcome,
                            nullptr, nt::attribute::normal, how.share, how.disposition, how.options | options, nullptr, 0);
  if (!nt::succeeded(status)) return status;
  opened = Object(object);
  if (created != nullptr) *created = outcome.information == nt::created;
  return nt::success;
}

nt::Status look(nt::Object file, nt::All& all) { return ask(file, all, nt::about::all); }
nt::Status look(nt::Object file, nt::AttributeTag& kind) { return ask(file, kind, nt::about::attribute_tag); }

Filetype filetype(const nt::AttributeTag& kind) {
  if ((kind.attributes & nt::attribute::reparse_point) != 0)
    return leads_elsewhere(kind.tag) ? Filetype::SymbolicLink : Filetype::Unknown;
  return (kind.attributes & nt::attribute::directory) != 0 ? Filetype::Directory : Filetype::RegularFile;
}

nt::Status read_link(nt::Object link, std::string& target) {
  std::vector<std::uint8_t> bytes(nt::max_reparse);
  nt::Outcome outcome{};
  const nt::Status status = nt::calls.fs_control_file(link, nullptr, nullptr, nullptr, &outcome, nt::control::get_reparse_point,
                                                      nullptr, 0, bytes.data(), nt::max_reparse);
  if (!nt::succeeded(status)) return status;
  return read_target(bytes.data(), outcome.information, target) ? nt::success : nt::not_a_reparse_point;
}

nt::Status make_link(nt::Object empty, const std::vector<std::uint8_t>& reparse) {
  // Who does not get it may be allowed all the same.
  const bool begun = nt::succeeded(nt::calls.begin_linking());
  nt::Outcome outcome{};
  const nt::Status status = nt::calls.fs_control_file(empty, nullptr, nullptr, nullptr, &outcome, nt::control::set_reparse_point,
                                                      reparse.data(), static_cast<std::uint32_t>(reparse.size()), nullptr, 0);
  if (begun) nt::calls.end_linking();
  return status;
}

nt::Status remove(nt::Object file) {
  constexpr std::uint32_t flags = nt::removing::remove | nt::removing::posix | nt::removing::although_read_only;
  const nt::Status status = tell(file, flags, nt::about::removed_now);
  return unknown(status) ? tell(file, std::uint8_t{1}, nt::about::removed) : status;
}

nt::Status rename(nt::Object file, nt::Object directory, const std::u16string& name) {
  constexpr std::uint32_t flags = nt::renaming::replace | nt::renaming::posix | nt::renaming::although_read_only;
  const nt::Status status = name_anew(file, directory, name, flags, nt::about::renamed_now);
  return unknown(status) ? name_anew(file, directory, name, nt::renaming::replace, nt::about::renamed) : status;
}

nt::Status link(nt::Object file, nt::Object directory, const std::u16string& name) {
  return name_anew(file, directory, name, 0, nt::about::linked);
}

nt::Status set_size(nt::Object file, std::int64_t size) { return tell(file, size, nt::about::end_of_file); }

nt::Status set_position(nt::Object file, std::int64_t place) { return tell(file, place, nt::about::position); }

nt::Status set_times(nt::Object file, const std::int64_t (&times)[2]) {
  // What is 0 stays.
  return tell(file, nt::Basic{0, times[0], times[1], 0, 0}, nt::about::basic);
}

std::uint64_t to_nanoseconds(std::int64_t time) {
  if (time <= epoch) return 0;
  std::uint64_t sum = 0;
  return __builtin_mul_overflow(static_cast<std::uint64_t>(time - epoch), tick, &sum) ? UINT64_MAX : sum;
}

std::int64_t from_nanoseconds(std::uint64_t time) { return epoch + static_cast<std::int64_t>(time / tick); }

}  // namespace wasi_common
