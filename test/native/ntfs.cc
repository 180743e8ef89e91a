// Knows how NTFS answers the calls of nt.h: case that is kept and not told apart, streams, short names, reparse points, names
// that are deleted while somebody has them open.
#include "ntfs.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <vector>

#include "link.h"
#include "nt.h"

namespace ntfs {

namespace nt = wasi_common::nt;

void (*meanwhile)(const std::u16string& name) = nullptr;
void (*linking)() = nullptr;
bool privileged = true;
std::uint32_t garbled = 0;

namespace {

struct Node {
  std::uint64_t id = 0;
  bool directory = false;
  std::uint32_t attributes = 0;
  std::uint32_t tag = 0;
  std::vector<std::uint8_t> reparse;
  std::string data;
  std::map<std::u16string, std::string> streams;
  std::int64_t times[4] = {116444736000000001, 116444736000000001, 116444736000000001, 116444736000000001};
  unsigned handles = 0;
  bool exclusive = false;
  Node* parent = nullptr;  // of a directory
  struct Entry {
    std::u16string name;
    std::u16string alias;
    Node* node;
    bool deleted = false;  // pending
  };
  std::map<std::u16string, Entry> entries;  // by the name in capitals, as the tree of NTFS is sorted

  unsigned links() const;
};

struct Open {
  Node* node = nullptr;
  std::u16string stream;
  Node* in = nullptr;  // where, and under which name, it was opened
  std::u16string key;
  std::uint32_t access = 0;
  std::uint32_t share = 0;
  std::int64_t position = 0;
  bool removes = false;  // with its closing
  bool at_once = false;
  std::u16string listed;  // the last entry that was given
  bool began = false;
};

struct World {
  bool modern = true;
  std::vector<std::unique_ptr<Node>> nodes;
  std::map<std::intptr_t, Open> open;
  std::intptr_t last = 0;
  Seen seen;
  Node* root() { return nodes.front().get(); }
  Node* make(bool directory) {
    nodes.push_back(std::make_unique<Node>());
    Node* const node = nodes.back().get();
    node->id = 0x5000000000000 + nodes.size();
    node->directory = directory;
    node->attributes = directory ? nt::attribute::directory : 0x20U;
    return node;
  }
};
World world;

unsigned Node::links() const {
  unsigned count = 0;
  for (const auto& node : world.nodes)
    for (const auto& [key, entry] : node->entries) count += entry.node == this && !entry.deleted;
  return count;
}

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "the test's volume: %s\n", what);
  std::abort();
}

std::u16string capitals(std::u16string name) {
  for (char16_t& unit : name)
    if ((unit >= u'a' && unit <= u'z') || (unit >= 0xe0 && unit <= 0xfe && unit != 0xf7)) unit = static_cast<char16_t>(unit - 32);
  return name;
}

Node::Entry* entry(Node* in, const std::u16string& name) {
  const std::u16string key = capitals(name);
  const auto found = in->entries.find(key);
  if (found != in->entries.end()) return &found->second;
  for (auto& [other, candidate] : in->entries)
    if (!candidate.alias.empty() && capitals(candidate.alias) == key) return &candidate;
  return nullptr;
}

std::vector<std::u16string> split(const std::u16string& path) {
  std::vector<std::u16string> names;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find(u'\\', at), path.size());
    if (end > at) names.push_back(path.substr(at, end - at));
    at = end + 1;
  }
  return names;
}

// The host's own look-up. With `up`, the directory that holds the last name, which is left in `last`.
Node* find(const std::u16string& path, std::u16string* last = nullptr) {
  Node* node = world.root();
  auto names = split(path);
  if (last != nullptr) {
    require(!names.empty(), "a path without a name");
    *last = names.back();
    names.pop_back();
  }
  for (const auto& name : names) {
    Node::Entry* const found = entry(node, name);
    if (found == nullptr) return nullptr;
    node = found->node;
  }
  return node;
}
Node* there(const std::u16string& path) {
  Node* const node = find(path);
  require(node != nullptr, "a path that leads nowhere");
  return node;
}

void put(Node* in, const std::u16string& name, Node* node) {
  in->entries[capitals(name)] = {name, u"", node};
  if (node->directory) node->parent = in;
}
Node* put(const std::u16string& path, bool directory) {
  std::u16string name;
  Node* const in = find(path, &name);
  require(in != nullptr && entry(in, name) == nullptr, "a name that cannot be made");
  Node* const node = world.make(directory);
  put(in, name, node);
  return node;
}

bool beneath(const Node* node, const Node* top) {
  while (node != nullptr && node != top) node = node->parent;
  return node != nullptr;
}

Open* object(nt::Object handle) {
  const auto found = world.open.find(reinterpret_cast<std::intptr_t>(handle));
  return found == world.open.end() ? nullptr : &found->second;
}

void give(Node* node, std::uint32_t tag, std::vector<std::uint8_t> bytes) {
  node->tag = tag;
  node->attributes |= nt::attribute::reparse_point;
  node->reparse = std::move(bytes);
}

std::vector<std::uint8_t> reparse_bytes(std::uint32_t tag, const std::u16string& target, int flags) {
  const auto size = static_cast<std::uint16_t>(2 * target.size());
  nt::Reparse head{tag, 0, 0, 0, size, static_cast<std::uint16_t>(size + 2), 0};
  const std::size_t texts = sizeof(head) + (flags < 0 ? 0 : 4);
  std::vector<std::uint8_t> bytes(texts + size + 4U);
  head.bytes = static_cast<std::uint16_t>(bytes.size() - 8);
  std::memcpy(bytes.data(), &head, sizeof(head));
  if (flags >= 0) std::memcpy(bytes.data() + sizeof(head), &flags, 4);
  std::memcpy(bytes.data() + texts, target.data(), size);
  return bytes;
}

// What a handle is used for that others may have to share: by bits as those of `share`. To look at it is none.
std::uint32_t used(std::uint32_t access) {
  return ((access & (nt::access::read_data | nt::access::traverse)) != 0 ? 1U : 0U) |
         ((access & (nt::access::write_data | nt::access::append_data)) != 0 ? 2U : 0U) |
         ((access & nt::access::remove) != 0 ? 4U : 0U);
}
bool shared(const Node* node, std::uint32_t access, std::uint32_t share) {
  if (node->exclusive && used(access) != 0) return false;
  return std::all_of(world.open.begin(), world.open.end(), [&](const auto& each) {
    const Open& other = each.second;
    return other.node != node || ((used(access) & ~other.share) == 0 && (used(other.access) & ~share) == 0);
  });
}

// The calls.

nt::Status create_file(nt::Object* opened, std::uint32_t access, const nt::Attributes* attributes, nt::Outcome* outcome,
                       const std::int64_t*, std::uint32_t, std::uint32_t share, std::uint32_t disposition, std::uint32_t options,
                       const void*, std::uint32_t) {
  ++world.seen.calls;
  require(share == nt::share_all || disposition == nt::disposition::create, "a handle that others are shut out by");
  require((attributes->flags & 0x40) != 0, "names with case");
  Open* const root = object(attributes->root);
  if (root == nullptr) return nt::invalid_handle;
  std::u16string path(attributes->name->units, attributes->name->bytes / 2);
  if (meanwhile != nullptr) meanwhile(path);
  Open made;
  made.access = access;
  made.share = share;
  made.in = root->in;
  made.key = root->key;
  Node* node = root->node;
  // It became a link after it was opened. What NTFS does then is not known here, so the worst is taken for granted.
  if (!path.empty() && (node->attributes & nt::attribute::reparse_point) != 0) {
    if ((attributes->flags & 0x1000) != 0) return nt::reparse_encountered;
    ++world.seen.followed;
    return nt::object_path_not_found;
  }
  bool created = false;
  if (path.find(u'\\') != std::u16string::npos || path.find(u':') != std::u16string::npos) ++world.seen.strange;
  if (path == u"." || path == u"..") return nt::object_name_invalid;
  if (!path.empty()) {
    const auto names = split(path);
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!node->directory) return nt::not_a_directory;
      std::u16string name = names[i];
      const bool last = i + 1 == names.size();
      if (const std::size_t colon = name.find(u':'); colon != std::u16string::npos) {
        made.stream = name.substr(colon + 1);
        name.resize(colon);
      }
      if (name.size() > 255) return nt::object_name_invalid;
      Node::Entry* const found = entry(node, name);
      if (found == nullptr) {
        if (!last) return nt::object_path_not_found;
        if (disposition == nt::disposition::open) return nt::object_name_not_found;
        Node* const fresh = world.make((options & nt::option::directory_file) != 0);
        put(node, name, fresh);
        made.in = node;
        made.key = capitals(name);
        node = fresh;
        created = true;
        break;
      }
      if (found->deleted) return nt::delete_pending;
      made.in = node;
      made.key = capitals(found->name);
      node = found->node;
      if ((node->attributes & nt::attribute::reparse_point) != 0 && (!last || (options & nt::option::itself) == 0)) {
        ++world.seen.followed;
        return nt::reparse_tag_not_handled;
      }
      if (last && disposition == nt::disposition::create) return nt::object_name_collision;
    }
  }
  if (!made.stream.empty() && node->streams.count(made.stream) == 0) return nt::object_name_not_found;
  if ((options & nt::option::directory_file) != 0 && !node->directory) return nt::not_a_directory;
  if (!created && !shared(node, access, share)) return nt::sharing_violation;
  if ((node->attributes & nt::attribute::read_only) != 0 && !node->directory && (access & nt::access::write_data) != 0)
    return nt::access_denied;
  made.node = node;
  ++node->handles;
  ++world.seen.open;
  world.open[++world.last] = made;
  *opened = reinterpret_cast<nt::Object>(world.last);
  outcome->information = created ? nt::created : 1;
  return nt::success;
}

void take_away(Node* in, const std::u16string& key) { in->entries.erase(key); }

nt::Status close(nt::Object handle) {
  ++world.seen.calls;
  Open* const open = object(handle);
  if (open == nullptr) return nt::invalid_handle;
  const Open gone = *open;
  world.open.erase(reinterpret_cast<std::intptr_t>(handle));
  --gone.node->handles;
  --world.seen.open;
  if (gone.in == nullptr) return nt::success;
  const auto found = gone.in->entries.find(gone.key);
  if (found == gone.in->entries.end() || found->second.node != gone.node) return nt::success;
  if (gone.removes) found->second.deleted = true;
  if (found->second.deleted && (gone.at_once || gone.node->handles == 0)) take_away(gone.in, gone.key);
  return nt::success;
}

template <class Record>
nt::Status tell(void* into, std::uint32_t room, const Record& record) {
  if (room < sizeof(record)) return nt::status(0xc0000004);
  std::memcpy(into, &record, sizeof(record));
  return nt::success;
}

nt::Status query_information_file(nt::Object file, nt::Outcome*, void* into, std::uint32_t room, std::uint32_t about) {
  ++world.seen.calls;
  const Open* const open = object(file);
  if (open == nullptr) return nt::invalid_handle;
  const Node& node = *open->node;
  if (about == nt::about::attribute_tag) return tell(into, room, nt::AttributeTag{node.attributes, node.tag});
  if (about != nt::about::all) return nt::invalid_info_class;
  nt::All all{};
  all.basic = {node.times[0], node.times[1], node.times[2], node.times[3], node.attributes};
  all.standard.size = static_cast<std::int64_t>(node.data.size());
  all.standard.links = node.links();
  all.standard.is_directory = node.directory;
  all.index = static_cast<std::int64_t>(node.id);
  all.access = open->access;
  all.position = open->position;
  all.name_bytes = 100;
  const nt::Status status = tell(into, room, all);
  return status == nt::success ? nt::buffer_overflow : status;
}

nt::Status rename_or_link(Open& open, const void* from, std::uint32_t about) {
  nt::NewName head;
  std::memcpy(&head, from, sizeof(head));
  std::u16string name(head.name_bytes / 2, u'\0');
  std::memcpy(name.data(), static_cast<const std::uint8_t*>(from) + offsetof(nt::NewName, name), head.name_bytes);
  if (name.empty() || name.find(u'\\') != std::u16string::npos || name.find(u':') != std::u16string::npos) {
    ++world.seen.strange;
    return nt::object_name_invalid;
  }
  const Open* const in = object(head.root);
  if (in == nullptr) return nt::invalid_handle;
  const bool links = about == nt::about::linked;
  const bool posix = about == nt::about::renamed_now && (head.flags & nt::renaming::posix) != 0;
  Node* const node = open.node;
  if (links && node->directory) return nt::file_is_a_directory;
  if (!links && node->directory) {
    if (beneath(in->node, node)) return nt::invalid_parameter;
    for (const auto& [handle, other] : world.open)
      if (other.node != node && beneath(other.node->directory ? other.node : other.in, node)) return nt::access_denied;
  }
  Node::Entry* const taken = entry(in->node, name);
  if (taken != nullptr && taken->node != node) {
    if ((head.flags & nt::renaming::replace) == 0) return nt::object_name_collision;
    if (taken->node->directory || (taken->node->handles > 0 && !posix)) return nt::access_denied;
    take_away(in->node, capitals(taken->name));
  } else if (taken != nullptr && links) {
    return nt::object_name_collision;
  }
  if (!links) take_away(open.in, open.key);
  put(in->node, name, node);
  if (!links) {
    open.in = in->node;
    open.key = capitals(name);
  }
  return nt::success;
}

nt::Status remove(Open& open, bool posix, bool although_read_only) {
  if ((open.access & nt::access::remove) == 0) return nt::access_denied;
  if ((open.node->attributes & nt::attribute::read_only) != 0 && !although_read_only) return nt::cannot_delete;
  const auto& entries = open.node->entries;
  if (!entries.empty()) return nt::directory_not_empty;
  open.removes = true;
  open.at_once = posix;
  return nt::success;
}

nt::Status set_information_file(nt::Object file, nt::Outcome*, const void* from, std::uint32_t size, std::uint32_t about) {
  ++world.seen.calls;
  Open* const open = object(file);
  if (open == nullptr) return nt::invalid_handle;
  std::int64_t number = 0;
  std::memcpy(&number, from, std::min<std::size_t>(size, sizeof(number)));
  switch (about) {
    case nt::about::basic: {
      if ((open->access & nt::access::write_attributes) == 0) return nt::access_denied;
      nt::Basic basic;
      std::memcpy(&basic, from, sizeof(basic));
      if (basic.accessed != 0) open->node->times[1] = basic.accessed;
      if (basic.written != 0) open->node->times[2] = basic.written;
      return nt::success;
    }
    case nt::about::end_of_file:
      if ((open->access & nt::access::write_data) == 0) return nt::access_denied;
      if (number < 0 || number > std::int64_t{1} << 44) return nt::invalid_parameter;
      open->node->data.resize(static_cast<std::size_t>(number));
      return nt::success;
    case nt::about::position: open->position = number; return nt::success;
    case nt::about::removed_now:
      if (!world.modern) return nt::invalid_info_class;
      return remove(*open, (number & nt::removing::posix) != 0, (number & nt::removing::although_read_only) != 0);
    case nt::about::removed: return remove(*open, false, false);
    case nt::about::renamed_now:
      if (!world.modern) return nt::invalid_info_class;
      [[fallthrough]];
    case nt::about::renamed:
      if ((open->access & nt::access::remove) == 0) return nt::access_denied;
      [[fallthrough]];
    case nt::about::linked: return rename_or_link(*open, from, about);
    default: return nt::invalid_info_class;
  }
}

nt::Status query_directory_file(nt::Object file, nt::Object, void*, void*, nt::Outcome* outcome, void* into, std::uint32_t room,
                                std::uint32_t about, std::uint8_t, const nt::Text*, std::uint8_t restart) {
  ++world.seen.calls;
  Open* const open = object(file);
  if (open == nullptr) return nt::invalid_handle;
  if (about != nt::about::listed) return nt::invalid_info_class;
  if (!open->node->directory) return nt::invalid_parameter;
  if (restart != 0) open->began = false;
  std::vector<Node::Entry> entries;
  if (!open->began && open->node != world.root()) {
    entries.push_back({u".", u"", open->node});
    entries.push_back({u"..", u"", open->node->parent});
  }
  for (const auto& [key, candidate] : open->node->entries)
    if ((!open->began || key > open->listed) && !candidate.deleted) entries.push_back(candidate);
  const bool first = !open->began;
  open->began = true;
  if (first) open->listed.clear();
  auto* const bytes = static_cast<std::uint8_t*>(into);
  std::uint32_t at = 0;
  std::uint32_t before = 0;
  for (const auto& candidate : entries) {
    const auto name_bytes = static_cast<std::uint32_t>(2 * candidate.name.size());
    const std::uint32_t size = static_cast<std::uint32_t>(offsetof(nt::Listed, name)) + name_bytes;
    // Little room at once, so that a test sees several batches.
    if (at + size > std::min<std::uint32_t>(room, 1000)) break;
    nt::Listed record{};
    record.attributes = candidate.node->attributes;
    record.tag = candidate.node->tag;
    record.inode = candidate.node->id;
    record.name_bytes = garbled != 0 ? garbled : name_bytes;
    std::memcpy(bytes + at, &record, offsetof(nt::Listed, name));
    const auto* const name = reinterpret_cast<const std::uint8_t*>(candidate.name.data());
    std::copy_n(name, name_bytes, bytes + at + offsetof(nt::Listed, name));
    if (at > 0) {
      const std::uint32_t next = at - before;
      std::memcpy(bytes + before, &next, sizeof(next));
    }
    if (candidate.name != u"." && candidate.name != u"..") open->listed = capitals(candidate.name);
    before = at;
    outcome->information = at + size;
    at = (at + size + 7) & ~7U;
  }
  if (at == 0) return first && open->node == world.root() ? nt::no_such_file : nt::no_more_files;
  return nt::success;
}

nt::Status query_volume_information_file(nt::Object, nt::Outcome*, void*, std::uint32_t, std::uint32_t) {
  return nt::not_implemented;
}

nt::Status fs_control_file(nt::Object file, nt::Object, void*, void*, nt::Outcome* outcome, std::uint32_t control,
                           const void* from, std::uint32_t size, void* into, std::uint32_t room) {
  ++world.seen.calls;
  const Open* const open = object(file);
  if (open == nullptr) return nt::invalid_handle;
  Node& node = *open->node;
  if (control == nt::control::get_reparse_point) {
    if (node.reparse.empty()) return nt::not_a_reparse_point;
    if (room < node.reparse.size()) return nt::buffer_overflow;
    std::memcpy(into, node.reparse.data(), node.reparse.size());
    outcome->information = node.reparse.size();
    return nt::success;
  }
  if (control != nt::control::set_reparse_point) return nt::invalid_device_request;
  if (!privileged) return nt::privilege_not_held;
  if ((open->access & (nt::access::write_attributes | nt::access::write_data)) == 0) return nt::access_denied;
  const auto* const bytes = static_cast<const std::uint8_t*>(from);
  nt::Reparse head;
  std::memcpy(&head, bytes, sizeof(head));
  if (size != head.bytes + 8U) return nt::status(0xc0000278);
  give(&node, head.tag, {bytes, bytes + size});
  return nt::success;
}

std::string& bytes_of(const Open& open) { return open.stream.empty() ? open.node->data : open.node->streams[open.stream]; }

nt::Status read_file(nt::Object file, nt::Object, void*, void*, nt::Outcome* outcome, void* into, std::uint32_t room,
                     const std::int64_t* offset, const std::uint32_t*) {
  ++world.seen.calls;
  Open* const open = object(file);
  if (open == nullptr) return nt::invalid_handle;
  if ((open->access & nt::access::read_data) == 0) return nt::access_denied;
  if (open->node->directory) return nt::invalid_device_request;
  const std::int64_t from = offset != nullptr ? *offset : open->position;
  const std::string& bytes = bytes_of(*open);
  if (from >= static_cast<std::int64_t>(bytes.size())) return room == 0 ? nt::success : nt::end_of_file;
  outcome->information = bytes.copy(static_cast<char*>(into), room, static_cast<std::size_t>(from));
  open->position = from + static_cast<std::int64_t>(outcome->information);
  return nt::success;
}

nt::Status write_file(nt::Object file, nt::Object, void*, void*, nt::Outcome* outcome, const void* from, std::uint32_t size,
                      const std::int64_t* offset, const std::uint32_t*) {
  ++world.seen.calls;
  Open* const open = object(file);
  if (open == nullptr) return nt::invalid_handle;
  if ((open->access & (nt::access::write_data | nt::access::append_data)) == 0) return nt::access_denied;
  std::string& bytes = bytes_of(*open);
  const bool appends = (open->access & nt::access::write_data) == 0 || (offset != nullptr && *offset == nt::at_end);
  const auto at = appends ? bytes.size() : static_cast<std::size_t>(offset != nullptr ? *offset : open->position);
  if (bytes.size() < at + size) bytes.resize(at + size);
  bytes.replace(at, size, static_cast<const char*>(from), size);
  open->position = static_cast<std::int64_t>(at + size);
  outcome->information = size;
  return nt::success;
}

nt::Status flush_buffers_file(nt::Object file, nt::Outcome*) {
  ++world.seen.calls;
  const Open* const open = object(file);
  if (open == nullptr) return nt::invalid_handle;
  return (open->access & (nt::access::write_data | nt::access::append_data)) != 0 ? nt::success : nt::access_denied;
}

nt::Status begin_linking() {
  if (linking != nullptr) linking();
  return privileged ? nt::success : nt::privilege_not_held;
}
void end_linking() {}

}  // namespace

void format(bool modern) {
  world = World{};
  world.modern = modern;
  world.make(true);
  privileged = true;
  meanwhile = nullptr;
  linking = nullptr;
  garbled = 0;
}

void directory(const std::u16string& path) { put(path, true); }
void file(const std::u16string& path, const std::string& data) { put(path, false)->data = data; }
void alias(const std::u16string& path, const std::u16string& short_name) {
  std::u16string name;
  Node* const in = find(path, &name);
  entry(in, name)->alias = short_name;
}
void stream(const std::u16string& path, const std::u16string& name, const std::string& data) {
  there(path)->streams[name] = data;
}
void symbolic_link(const std::u16string& path, const std::u16string& target, bool relative) {
  give(put(path, false), nt::tag::symbolic_link, reparse_bytes(nt::tag::symbolic_link, target, relative ? 1 : 0));
}
void junction(const std::u16string& path, const std::u16string& target) {
  give(put(path, true), nt::tag::mount_point, reparse_bytes(nt::tag::mount_point, target, -1));
}
void turn(const std::u16string& path, const std::u16string& target) {
  give(there(path), nt::tag::mount_point, reparse_bytes(nt::tag::mount_point, target, -1));
}
void driven(const std::u16string& path, std::uint32_t tag) { give(put(path, false), tag, reparse_bytes(tag, u"x", -1)); }
bool enterable(const std::u16string& path) { return shared(there(path), nt::access::traverse, nt::share_all); }
void lock(const std::u16string& path) { there(path)->exclusive = true; }
void protect(const std::u16string& path) { there(path)->attributes |= nt::attribute::read_only; }
void remove(const std::u16string& path) {
  std::u16string name;
  Node* const in = find(path, &name);
  take_away(in, capitals(name));
}
void move(const std::u16string& from, const std::u16string& to) {
  std::u16string name;
  Node* const node = there(from);
  remove(from);
  Node* const in = find(to, &name);
  put(in, name, node);
}

bool exists(const std::u16string& path) { return find(path) != nullptr; }
std::string data(const std::u16string& path) { return there(path)->data; }
std::u16string target(const std::u16string& path) {
  const Node* const node = there(path);
  nt::Reparse head;
  require(node->reparse.size() > sizeof(head) + 4, "no link");
  std::memcpy(&head, node->reparse.data(), sizeof(head));
  std::u16string text(head.target_bytes / 2, u'\0');
  std::memcpy(text.data(), node->reparse.data() + sizeof(head) + 4 + head.target_at, head.target_bytes);
  return (node->directory ? u"d" : u"") + text;
}

void* open(const std::u16string& path) {
  Open made;
  made.node = there(path);
  made.access = nt::access::read_data;
  made.share = nt::share_all;
  ++made.node->handles;
  ++world.seen.open;
  world.open[++world.last] = made;
  return reinterpret_cast<nt::Object>(world.last);
}

Seen seen() { return world.seen; }

}  // namespace ntfs

namespace wasi_common::nt {

const Calls calls = {ntfs::create_file,
                     ntfs::close,
                     ntfs::query_information_file,
                     ntfs::set_information_file,
                     ntfs::query_directory_file,
                     ntfs::query_volume_information_file,
                     ntfs::fs_control_file,
                     ntfs::read_file,
                     ntfs::write_file,
                     ntfs::flush_buffers_file,
                     ntfs::begin_linking,
                     ntfs::end_linking};

}  // namespace wasi_common::nt
