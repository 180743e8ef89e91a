// Imitates NTFS behind the calls of nt.h: names that preserve case and ignore it, streams, short
// names, reparse points, names deleted while open.
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
  std::map<std::u16string, Entry> entries;  // by the name in capitals, the order of NTFS

  unsigned links() const;
};

struct Open {
  Node* node = nullptr;
  std::u16string stream;
  Node* in = nullptr;  // the parent and the name by which it was opened
  std::u16string key;
  std::uint32_t access = 0;
  std::uint32_t share = 0;
  std::int64_t position = 0;
  bool removes = false;  // removes the file when it is closed
  bool at_once = false;
  std::u16string listed;  // the last entry returned
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
    node->attributes = directory ? nt::FILE_ATTRIBUTE_DIRECTORY : 0x20U;
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

// The host's own lookup. With `last`, returns the directory that contains the last name, and puts
// the name in `last`.
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

Open* object(nt::HANDLE handle) {
  const auto found = world.open.find(reinterpret_cast<std::intptr_t>(handle));
  return found == world.open.end() ? nullptr : &found->second;
}

void give(Node* node, std::uint32_t tag, std::vector<std::uint8_t> bytes) {
  node->tag = tag;
  node->attributes |= nt::FILE_ATTRIBUTE_REPARSE_POINT;
  node->reparse = std::move(bytes);
}

std::vector<std::uint8_t> reparse_bytes(std::uint32_t tag, const std::u16string& target, int flags) {
  const auto size = static_cast<std::uint16_t>(2 * target.size());
  nt::REPARSE_DATA_BUFFER head{tag, 0, 0, 0, size, static_cast<std::uint16_t>(size + 2), 0};
  const std::size_t texts = sizeof(head) + (flags < 0 ? 0 : 4);
  std::vector<std::uint8_t> bytes(texts + size + 4U);
  head.ReparseDataLength = static_cast<std::uint16_t>(bytes.size() - 8);
  std::memcpy(bytes.data(), &head, sizeof(head));
  if (flags >= 0) std::memcpy(bytes.data() + sizeof(head), &flags, 4);
  std::memcpy(bytes.data() + texts, target.data(), size);
  return bytes;
}

// The uses of a handle that other openers must share, by the bits of `share`. Reading attributes is
// none.
std::uint32_t used(std::uint32_t access) {
  return ((access & (nt::FILE_READ_DATA | nt::FILE_TRAVERSE)) != 0 ? 1U : 0U) |
         ((access & (nt::FILE_WRITE_DATA | nt::FILE_APPEND_DATA)) != 0 ? 2U : 0U) | ((access & nt::DELETE) != 0 ? 4U : 0U);
}
bool shared(const Node* node, std::uint32_t access, std::uint32_t share) {
  if (node->exclusive && used(access) != 0) return false;
  return std::all_of(world.open.begin(), world.open.end(), [&](const auto& each) {
    const Open& other = each.second;
    return other.node != node || ((used(access) & ~other.share) == 0 && (used(other.access) & ~share) == 0);
  });
}

// The calls.

nt::NTSTATUS create_file(nt::HANDLE* opened, std::uint32_t access, const nt::OBJECT_ATTRIBUTES* attributes,
                         nt::IO_STATUS_BLOCK* outcome, const std::int64_t*, std::uint32_t, std::uint32_t share,
                         std::uint32_t disposition, std::uint32_t options, const void*, std::uint32_t) {
  ++world.seen.calls;
  require(share == nt::share_all || disposition == nt::FILE_CREATE, "a handle that others are shut out by");
  require((attributes->Attributes & nt::OBJ_CASE_INSENSITIVE) != 0, "names with case");
  Open* const root = object(attributes->RootDirectory);
  if (root == nullptr) return nt::STATUS_INVALID_HANDLE;
  std::u16string path(attributes->ObjectName->Buffer, attributes->ObjectName->Length / 2);
  if (meanwhile != nullptr) meanwhile(path);
  Open made;
  made.access = access;
  made.share = share;
  made.in = root->in;
  made.key = root->key;
  Node* node = root->node;
  // The directory became a reparse point after it was opened. NTFS's behaviour is unknown here, so
  // the model assumes the worst.
  if (!path.empty() && (node->attributes & nt::FILE_ATTRIBUTE_REPARSE_POINT) != 0) {
    if ((attributes->Attributes & nt::OBJ_DONT_REPARSE) != 0) return nt::STATUS_REPARSE_POINT_ENCOUNTERED;
    ++world.seen.followed;
    return nt::STATUS_OBJECT_PATH_NOT_FOUND;
  }
  bool created = false;
  if (path.find(u'\\') != std::u16string::npos || path.find(u':') != std::u16string::npos) ++world.seen.strange;
  if (path == u"." || path == u"..") return nt::STATUS_OBJECT_NAME_INVALID;
  if (!path.empty()) {
    const auto names = split(path);
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!node->directory) return nt::STATUS_NOT_A_DIRECTORY;
      std::u16string name = names[i];
      const bool last = i + 1 == names.size();
      if (const std::size_t colon = name.find(u':'); colon != std::u16string::npos) {
        made.stream = name.substr(colon + 1);
        name.resize(colon);
      }
      if (name.size() > 255) return nt::STATUS_OBJECT_NAME_INVALID;
      Node::Entry* const found = entry(node, name);
      if (found == nullptr) {
        if (!last) return nt::STATUS_OBJECT_PATH_NOT_FOUND;
        if (disposition == nt::FILE_OPEN) return nt::STATUS_OBJECT_NAME_NOT_FOUND;
        Node* const fresh = world.make((options & nt::FILE_DIRECTORY_FILE) != 0);
        put(node, name, fresh);
        made.in = node;
        made.key = capitals(name);
        node = fresh;
        created = true;
        break;
      }
      if (found->deleted) return nt::STATUS_DELETE_PENDING;
      made.in = node;
      made.key = capitals(found->name);
      node = found->node;
      if ((node->attributes & nt::FILE_ATTRIBUTE_REPARSE_POINT) != 0 && (!last || (options & nt::FILE_OPEN_REPARSE_POINT) == 0)) {
        ++world.seen.followed;
        return nt::STATUS_IO_REPARSE_TAG_NOT_HANDLED;
      }
      if (last && disposition == nt::FILE_CREATE) return nt::STATUS_OBJECT_NAME_COLLISION;
    }
  }
  if (!made.stream.empty() && node->streams.count(made.stream) == 0) return nt::STATUS_OBJECT_NAME_NOT_FOUND;
  if ((options & nt::FILE_DIRECTORY_FILE) != 0 && !node->directory) return nt::STATUS_NOT_A_DIRECTORY;
  if (!created && !shared(node, access, share)) return nt::STATUS_SHARING_VIOLATION;
  if ((node->attributes & nt::FILE_ATTRIBUTE_READONLY) != 0 && !node->directory && (access & nt::FILE_WRITE_DATA) != 0)
    return nt::STATUS_ACCESS_DENIED;
  made.node = node;
  ++node->handles;
  ++world.seen.open;
  world.open[++world.last] = made;
  *opened = reinterpret_cast<nt::HANDLE>(world.last);
  outcome->Information = created ? nt::FILE_CREATED : 1;
  return nt::STATUS_SUCCESS;
}

void take_away(Node* in, const std::u16string& key) { in->entries.erase(key); }

nt::NTSTATUS close(nt::HANDLE handle) {
  ++world.seen.calls;
  Open* const open = object(handle);
  if (open == nullptr) return nt::STATUS_INVALID_HANDLE;
  const Open gone = *open;
  world.open.erase(reinterpret_cast<std::intptr_t>(handle));
  --gone.node->handles;
  --world.seen.open;
  if (gone.in == nullptr) return nt::STATUS_SUCCESS;
  const auto found = gone.in->entries.find(gone.key);
  if (found == gone.in->entries.end() || found->second.node != gone.node) return nt::STATUS_SUCCESS;
  if (gone.removes) found->second.deleted = true;
  if (found->second.deleted && (gone.at_once || gone.node->handles == 0)) take_away(gone.in, gone.key);
  return nt::STATUS_SUCCESS;
}

template <class Record>
nt::NTSTATUS give_record(void* into, std::uint32_t room, const Record& record) {
  if (room < sizeof(record)) return nt::STATUS_INFO_LENGTH_MISMATCH;
  std::memcpy(into, &record, sizeof(record));
  return nt::STATUS_SUCCESS;
}

nt::NTSTATUS query_information_file(nt::HANDLE file, nt::IO_STATUS_BLOCK*, void* into, std::uint32_t room,
                                    std::uint32_t information_class) {
  ++world.seen.calls;
  const Open* const open = object(file);
  if (open == nullptr) return nt::STATUS_INVALID_HANDLE;
  const Node& node = *open->node;
  if (information_class == nt::FileAttributeTagInformation)
    return give_record(into, room, nt::FILE_ATTRIBUTE_TAG_INFORMATION{node.attributes, node.tag});
  if (information_class != nt::FileAllInformation) return nt::STATUS_INVALID_INFO_CLASS;
  nt::FILE_ALL_INFORMATION all{};
  all.BasicInformation = {node.times[0], node.times[1], node.times[2], node.times[3], node.attributes};
  all.StandardInformation.EndOfFile = static_cast<std::int64_t>(node.data.size());
  all.StandardInformation.NumberOfLinks = node.links();
  all.StandardInformation.Directory = node.directory;
  all.InternalInformation.IndexNumber = static_cast<std::int64_t>(node.id);
  all.AccessInformation.AccessFlags = open->access;
  all.PositionInformation.CurrentByteOffset = open->position;
  all.NameInformation.FileNameLength = 100;
  const nt::NTSTATUS status = give_record(into, room, all);
  return status == nt::STATUS_SUCCESS ? nt::STATUS_BUFFER_OVERFLOW : status;
}

nt::NTSTATUS rename_or_link(Open& open, const void* from, std::uint32_t information_class) {
  nt::FILE_RENAME_INFORMATION head;
  std::memcpy(&head, from, sizeof(head));
  std::u16string name(head.FileNameLength / 2, u'\0');
  std::memcpy(name.data(), static_cast<const std::uint8_t*>(from) + offsetof(nt::FILE_RENAME_INFORMATION, FileName),
              head.FileNameLength);
  if (name.empty() || name.find(u'\\') != std::u16string::npos || name.find(u':') != std::u16string::npos) {
    ++world.seen.strange;
    return nt::STATUS_OBJECT_NAME_INVALID;
  }
  const Open* const in = object(head.RootDirectory);
  if (in == nullptr) return nt::STATUS_INVALID_HANDLE;
  const bool links = information_class == nt::FileLinkInformation;
  const bool posix = information_class == nt::FileRenameInformationEx && (head.Flags & nt::FILE_RENAME_POSIX_SEMANTICS) != 0;
  Node* const node = open.node;
  if (links && node->directory) return nt::STATUS_FILE_IS_A_DIRECTORY;
  if (!links && node->directory) {
    if (beneath(in->node, node)) return nt::STATUS_INVALID_PARAMETER;
    for (const auto& [handle, other] : world.open)
      if (other.node != node && beneath(other.node->directory ? other.node : other.in, node)) return nt::STATUS_ACCESS_DENIED;
  }
  Node::Entry* const taken = entry(in->node, name);
  if (taken != nullptr && taken->node != node) {
    if ((head.Flags & nt::FILE_RENAME_REPLACE_IF_EXISTS) == 0) return nt::STATUS_OBJECT_NAME_COLLISION;
    if (taken->node->directory || (taken->node->handles > 0 && !posix)) return nt::STATUS_ACCESS_DENIED;
    take_away(in->node, capitals(taken->name));
  } else if (taken != nullptr && links) {
    return nt::STATUS_OBJECT_NAME_COLLISION;
  }
  if (!links) take_away(open.in, open.key);
  put(in->node, name, node);
  if (!links) {
    open.in = in->node;
    open.key = capitals(name);
  }
  return nt::STATUS_SUCCESS;
}

nt::NTSTATUS remove(Open& open, bool posix, bool although_read_only) {
  if ((open.access & nt::DELETE) == 0) return nt::STATUS_ACCESS_DENIED;
  if ((open.node->attributes & nt::FILE_ATTRIBUTE_READONLY) != 0 && !although_read_only) return nt::STATUS_CANNOT_DELETE;
  const auto& entries = open.node->entries;
  if (!entries.empty()) return nt::STATUS_DIRECTORY_NOT_EMPTY;
  open.removes = true;
  open.at_once = posix;
  return nt::STATUS_SUCCESS;
}

nt::NTSTATUS set_information_file(nt::HANDLE file, nt::IO_STATUS_BLOCK*, const void* from, std::uint32_t size,
                                  std::uint32_t information_class) {
  ++world.seen.calls;
  Open* const open = object(file);
  if (open == nullptr) return nt::STATUS_INVALID_HANDLE;
  std::int64_t number = 0;
  std::memcpy(&number, from, std::min<std::size_t>(size, sizeof(number)));
  switch (information_class) {
    case nt::FileBasicInformation: {
      if ((open->access & nt::FILE_WRITE_ATTRIBUTES) == 0) return nt::STATUS_ACCESS_DENIED;
      nt::FILE_BASIC_INFORMATION basic;
      std::memcpy(&basic, from, sizeof(basic));
      if (basic.LastAccessTime != 0) open->node->times[1] = basic.LastAccessTime;
      if (basic.LastWriteTime != 0) open->node->times[2] = basic.LastWriteTime;
      return nt::STATUS_SUCCESS;
    }
    case nt::FileEndOfFileInformation:
      if ((open->access & nt::FILE_WRITE_DATA) == 0) return nt::STATUS_ACCESS_DENIED;
      if (number < 0 || number > std::int64_t{1} << 44) return nt::STATUS_INVALID_PARAMETER;
      open->node->data.resize(static_cast<std::size_t>(number));
      return nt::STATUS_SUCCESS;
    case nt::FilePositionInformation: open->position = number; return nt::STATUS_SUCCESS;
    case nt::FileDispositionInformationEx:
      if (!world.modern) return nt::STATUS_INVALID_INFO_CLASS;
      return remove(*open, (number & nt::FILE_DISPOSITION_POSIX_SEMANTICS) != 0,
                    (number & nt::FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE) != 0);
    case nt::FileDispositionInformation: return remove(*open, false, false);
    case nt::FileRenameInformationEx:
      if (!world.modern) return nt::STATUS_INVALID_INFO_CLASS;
      [[fallthrough]];
    case nt::FileRenameInformation:
      if ((open->access & nt::DELETE) == 0) return nt::STATUS_ACCESS_DENIED;
      [[fallthrough]];
    case nt::FileLinkInformation: return rename_or_link(*open, from, information_class);
    default: return nt::STATUS_INVALID_INFO_CLASS;
  }
}

nt::NTSTATUS query_directory_file(nt::HANDLE file, nt::HANDLE, void*, void*, nt::IO_STATUS_BLOCK* outcome, void* into,
                                  std::uint32_t room, std::uint32_t information_class, std::uint8_t, const nt::UNICODE_STRING*,
                                  std::uint8_t restart) {
  ++world.seen.calls;
  Open* const open = object(file);
  if (open == nullptr) return nt::STATUS_INVALID_HANDLE;
  if (information_class != nt::FileIdFullDirectoryInformation) return nt::STATUS_INVALID_INFO_CLASS;
  if (!open->node->directory) return nt::STATUS_INVALID_PARAMETER;
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
    const std::uint32_t size = static_cast<std::uint32_t>(offsetof(nt::FILE_ID_FULL_DIR_INFORMATION, FileName)) + name_bytes;
    // Returns small batches, so that a test sees several.
    if (at + size > std::min<std::uint32_t>(room, 1000)) break;
    nt::FILE_ID_FULL_DIR_INFORMATION record{};
    record.FileAttributes = candidate.node->attributes;
    record.EaSize = candidate.node->tag;
    record.FileId = candidate.node->id;
    record.FileNameLength = garbled != 0 ? garbled : name_bytes;
    std::memcpy(bytes + at, &record, offsetof(nt::FILE_ID_FULL_DIR_INFORMATION, FileName));
    const auto* const name = reinterpret_cast<const std::uint8_t*>(candidate.name.data());
    std::copy_n(name, name_bytes, bytes + at + offsetof(nt::FILE_ID_FULL_DIR_INFORMATION, FileName));
    if (at > 0) {
      const std::uint32_t next = at - before;
      std::memcpy(bytes + before, &next, sizeof(next));
    }
    if (candidate.name != u"." && candidate.name != u"..") open->listed = capitals(candidate.name);
    before = at;
    outcome->Information = at + size;
    at = (at + size + 7) & ~7U;
  }
  if (at == 0) return first && open->node == world.root() ? nt::STATUS_NO_SUCH_FILE : nt::STATUS_NO_MORE_FILES;
  return nt::STATUS_SUCCESS;
}

nt::NTSTATUS query_volume_information_file(nt::HANDLE, nt::IO_STATUS_BLOCK*, void*, std::uint32_t, std::uint32_t) {
  return nt::STATUS_NOT_IMPLEMENTED;
}

nt::NTSTATUS fs_control_file(nt::HANDLE file, nt::HANDLE, void*, void*, nt::IO_STATUS_BLOCK* outcome, std::uint32_t control,
                             const void* from, std::uint32_t size, void* into, std::uint32_t room) {
  ++world.seen.calls;
  const Open* const open = object(file);
  if (open == nullptr) return nt::STATUS_INVALID_HANDLE;
  Node& node = *open->node;
  if (control == nt::FSCTL_GET_REPARSE_POINT) {
    if (node.reparse.empty()) return nt::STATUS_NOT_A_REPARSE_POINT;
    if (room < node.reparse.size()) return nt::STATUS_BUFFER_OVERFLOW;
    std::memcpy(into, node.reparse.data(), node.reparse.size());
    outcome->Information = node.reparse.size();
    return nt::STATUS_SUCCESS;
  }
  if (control != nt::FSCTL_SET_REPARSE_POINT) return nt::STATUS_INVALID_DEVICE_REQUEST;
  if (!privileged) return nt::STATUS_PRIVILEGE_NOT_HELD;
  if ((open->access & (nt::FILE_WRITE_ATTRIBUTES | nt::FILE_WRITE_DATA)) == 0) return nt::STATUS_ACCESS_DENIED;
  const auto* const bytes = static_cast<const std::uint8_t*>(from);
  nt::REPARSE_DATA_BUFFER head;
  std::memcpy(&head, bytes, sizeof(head));
  if (size != head.ReparseDataLength + 8U) return nt::STATUS_IO_REPARSE_DATA_INVALID;
  give(&node, head.ReparseTag, {bytes, bytes + size});
  return nt::STATUS_SUCCESS;
}

std::string& bytes_of(const Open& open) { return open.stream.empty() ? open.node->data : open.node->streams[open.stream]; }

nt::NTSTATUS read_file(nt::HANDLE file, nt::HANDLE, void*, void*, nt::IO_STATUS_BLOCK* outcome, void* into, std::uint32_t room,
                       const std::int64_t* offset, const std::uint32_t*) {
  ++world.seen.calls;
  Open* const open = object(file);
  if (open == nullptr) return nt::STATUS_INVALID_HANDLE;
  if ((open->access & nt::FILE_READ_DATA) == 0) return nt::STATUS_ACCESS_DENIED;
  if (open->node->directory) return nt::STATUS_INVALID_DEVICE_REQUEST;
  const std::int64_t from = offset != nullptr ? *offset : open->position;
  const std::string& bytes = bytes_of(*open);
  if (from >= static_cast<std::int64_t>(bytes.size())) return room == 0 ? nt::STATUS_SUCCESS : nt::STATUS_END_OF_FILE;
  outcome->Information = bytes.copy(static_cast<char*>(into), room, static_cast<std::size_t>(from));
  open->position = from + static_cast<std::int64_t>(outcome->Information);
  return nt::STATUS_SUCCESS;
}

nt::NTSTATUS write_file(nt::HANDLE file, nt::HANDLE, void*, void*, nt::IO_STATUS_BLOCK* outcome, const void* from,
                        std::uint32_t size, const std::int64_t* offset, const std::uint32_t*) {
  ++world.seen.calls;
  Open* const open = object(file);
  if (open == nullptr) return nt::STATUS_INVALID_HANDLE;
  if ((open->access & (nt::FILE_WRITE_DATA | nt::FILE_APPEND_DATA)) == 0) return nt::STATUS_ACCESS_DENIED;
  std::string& bytes = bytes_of(*open);
  const bool appends =
      (open->access & nt::FILE_WRITE_DATA) == 0 || (offset != nullptr && *offset == nt::FILE_WRITE_TO_END_OF_FILE);
  const auto at = appends ? bytes.size() : static_cast<std::size_t>(offset != nullptr ? *offset : open->position);
  if (bytes.size() < at + size) bytes.resize(at + size);
  bytes.replace(at, size, static_cast<const char*>(from), size);
  open->position = static_cast<std::int64_t>(at + size);
  outcome->Information = size;
  return nt::STATUS_SUCCESS;
}

nt::NTSTATUS flush_buffers_file(nt::HANDLE file, nt::IO_STATUS_BLOCK*) {
  ++world.seen.calls;
  const Open* const open = object(file);
  if (open == nullptr) return nt::STATUS_INVALID_HANDLE;
  return (open->access & (nt::FILE_WRITE_DATA | nt::FILE_APPEND_DATA)) != 0 ? nt::STATUS_SUCCESS : nt::STATUS_ACCESS_DENIED;
}

nt::NTSTATUS begin_linking() {
  if (linking != nullptr) linking();
  return privileged ? nt::STATUS_SUCCESS : nt::STATUS_PRIVILEGE_NOT_HELD;
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
  give(put(path, false), nt::IO_REPARSE_TAG_SYMLINK, reparse_bytes(nt::IO_REPARSE_TAG_SYMLINK, target, relative ? 1 : 0));
}
void junction(const std::u16string& path, const std::u16string& target) {
  give(put(path, true), nt::IO_REPARSE_TAG_MOUNT_POINT, reparse_bytes(nt::IO_REPARSE_TAG_MOUNT_POINT, target, -1));
}
void turn(const std::u16string& path, const std::u16string& target) {
  give(there(path), nt::IO_REPARSE_TAG_MOUNT_POINT, reparse_bytes(nt::IO_REPARSE_TAG_MOUNT_POINT, target, -1));
}
void driven(const std::u16string& path, std::uint32_t tag) { give(put(path, false), tag, reparse_bytes(tag, u"x", -1)); }
bool enterable(const std::u16string& path) { return shared(there(path), nt::FILE_TRAVERSE, nt::share_all); }
void lock(const std::u16string& path) { there(path)->exclusive = true; }
void protect(const std::u16string& path) { there(path)->attributes |= nt::FILE_ATTRIBUTE_READONLY; }
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
  nt::REPARSE_DATA_BUFFER head;
  require(node->reparse.size() > sizeof(head) + 4, "no link");
  std::memcpy(&head, node->reparse.data(), sizeof(head));
  std::u16string text(head.SubstituteNameLength / 2, u'\0');
  std::memcpy(text.data(), node->reparse.data() + sizeof(head) + 4 + head.SubstituteNameOffset, head.SubstituteNameLength);
  return (node->directory ? u"d" : u"") + text;
}

void* open(const std::u16string& path) {
  Open made;
  made.node = there(path);
  made.access = nt::FILE_READ_DATA;
  made.share = nt::share_all;
  ++made.node->handles;
  ++world.seen.open;
  world.open[++world.last] = made;
  return reinterpret_cast<nt::HANDLE>(world.last);
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
