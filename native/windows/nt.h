// Knows the system calls of Windows NT that files need, as a table that a test may replace: their types are spelled out here,
// as the documents of Windows' drivers have them, so that all that rests on them compiles and is tested anywhere.
#pragma once
#include <cstddef>
#include <cstdint>

namespace wasi_common::nt {

static_assert(sizeof(void*) == 8, "64 bits");

// NTSTATUS. Negative for errors.
using Status = std::int32_t;
// HANDLE.
using Object = void*;
inline Object const no_object = reinterpret_cast<Object>(std::intptr_t{-1});

constexpr Status status(std::uint32_t bits) { return static_cast<Status>(bits); }
constexpr bool succeeded(Status status) { return status >= 0; }

inline constexpr Status success = 0;
inline constexpr Status status_pending = status(0x00000103);
inline constexpr Status buffer_overflow = status(0x80000005);
inline constexpr Status no_more_files = status(0x80000006);
inline constexpr Status not_implemented = status(0xc0000002);
inline constexpr Status invalid_info_class = status(0xc0000003);
inline constexpr Status invalid_handle = status(0xc0000008);
inline constexpr Status invalid_parameter = status(0xc000000d);
inline constexpr Status no_such_file = status(0xc000000f);
inline constexpr Status invalid_device_request = status(0xc0000010);
inline constexpr Status end_of_file = status(0xc0000011);
inline constexpr Status no_memory = status(0xc0000017);
inline constexpr Status access_denied = status(0xc0000022);
inline constexpr Status object_name_invalid = status(0xc0000033);
inline constexpr Status object_name_not_found = status(0xc0000034);
inline constexpr Status object_name_collision = status(0xc0000035);
inline constexpr Status object_path_not_found = status(0xc000003a);
inline constexpr Status sharing_violation = status(0xc0000043);
inline constexpr Status data_error = status(0xc000003e);
inline constexpr Status delete_pending = status(0xc0000056);
inline constexpr Status reparse_encountered = status(0xc000050b);
inline constexpr Status privilege_not_held = status(0xc0000061);
inline constexpr Status disk_full = status(0xc000007f);
inline constexpr Status file_is_a_directory = status(0xc00000ba);
inline constexpr Status not_supported = status(0xc00000bb);
inline constexpr Status no_token = status(0xc000007c);
inline constexpr Status not_same_device = status(0xc00000d4);
inline constexpr Status directory_not_empty = status(0xc0000101);
inline constexpr Status not_a_directory = status(0xc0000103);
inline constexpr Status cancelled = status(0xc0000120);
inline constexpr Status cannot_delete = status(0xc0000121);
inline constexpr Status file_deleted = status(0xc0000123);
inline constexpr Status not_a_reparse_point = status(0xc0000275);
inline constexpr Status reparse_tag_not_handled = status(0xc0000279);

// What a handle may be used for.
namespace access {
enum : std::uint32_t {
  read_data = 0x1,  // of a directory: to list it
  write_data = 0x2,
  append_data = 0x4,
  traverse = 0x20,
  read_attributes = 0x80,
  write_attributes = 0x100,
  remove = 0x10000,
  synchronize = 0x100000,
};
}
// What others may do with it meanwhile: everything.
inline constexpr std::uint32_t share_all = 7;
inline constexpr std::uint32_t share_none = 0;

namespace disposition {
enum : std::uint32_t { open = 1, create = 2, open_if = 3 };
}
namespace option {
enum : std::uint32_t {
  directory_file = 0x1,
  write_through = 0x2,
  synchronous = 0x20,      // FILE_SYNCHRONOUS_IO_NONALERT: calls end when all is done
  backup_intent = 0x4000,  // for directories and links, as CreateFileW has it
  itself = 0x200000,       // FILE_OPEN_REPARSE_POINT: a link, and not where it leads
};
}
namespace attribute {
enum : std::uint32_t { read_only = 0x1, directory = 0x10, normal = 0x80, reparse_point = 0x400 };
}
namespace tag {
enum : std::uint32_t { mount_point = 0xa0000003, symbolic_link = 0xa000000c };
}
// FILE_INFORMATION_CLASS, FS_INFORMATION_CLASS.
namespace about {
enum : std::uint32_t {
  basic = 4,
  standard = 5,
  internal = 6,
  file_access = 8,
  renamed = 10,
  linked = 11,
  removed = 13,
  position = 14,
  mode = 16,
  all = 18,
  end_of_file = 20,
  attribute_tag = 35,
  listed = 38,  // FileIdFullDirectoryInformation
  removed_now = 64,
  renamed_now = 65,
};
}
namespace about_volume {
enum : std::uint32_t { volume = 1, device = 4 };
}
namespace control {
enum : std::uint32_t { set_reparse_point = 0x900a4, get_reparse_point = 0x900a8 };
}

struct Text {  // UNICODE_STRING
  std::uint16_t bytes;
  std::uint16_t room;
  const char16_t* units;
};

struct Attributes {  // OBJECT_ATTRIBUTES
  std::uint32_t size = sizeof(Attributes);
  Object root = nullptr;
  const Text* name = nullptr;
  // OBJ_CASE_INSENSITIVE, as every program of Windows has it; OBJ_DONT_REPARSE: a directory that became a link since it was
  // opened, and one on the way, is an error.
  std::uint32_t flags = 0x40 | 0x1000;
  const void* security = nullptr;
  const void* quality = nullptr;
};
static_assert(sizeof(Attributes) == 48);

struct Outcome {  // IO_STATUS_BLOCK
  union {
    Status status;
    void* pointer;
  };
  std::uint64_t information;
};

inline constexpr std::uint64_t created = 2;  // Outcome::information of an opening: FILE_CREATED

struct Basic {
  std::int64_t made, accessed, written, changed;
  std::uint32_t attributes;
};
static_assert(sizeof(Basic) == 40);

struct Standard {
  std::int64_t allocated;
  std::int64_t size;
  std::uint32_t links;
  std::uint8_t is_deleted;
  std::uint8_t is_directory;
};
static_assert(sizeof(Standard) == 24);

struct All {
  Basic basic;
  Standard standard;
  std::int64_t index;
  std::uint32_t attributes_size;
  std::uint32_t access;
  std::int64_t position;
  std::uint32_t mode;
  std::uint32_t alignment;
  std::uint32_t name_bytes;
  char16_t name[2];
};
static_assert(offsetof(All, index) == 64 && offsetof(All, position) == 80 && offsetof(All, name) == 100);

struct AttributeTag {
  std::uint32_t attributes;
  std::uint32_t tag;
};

// Of rename (both classes: the old one has a flag only) and of link.
struct NewName {
  std::uint32_t flags;
  std::uint32_t padding;
  Object root;
  std::uint32_t name_bytes;
  char16_t name[1];
};
static_assert(offsetof(NewName, root) == 8 && offsetof(NewName, name) == 20);
namespace renaming {
enum : std::uint32_t { replace = 0x1, posix = 0x2, although_read_only = 0x40 };
}
namespace removing {
enum : std::uint32_t { remove = 0x1, posix = 0x2, although_read_only = 0x10 };
}

struct Listed {
  std::uint32_t next;
  std::uint32_t index;
  std::int64_t made, accessed, written, changed;
  std::int64_t size, allocated;
  std::uint32_t attributes;
  std::uint32_t name_bytes;
  std::uint32_t tag;  // of what has one; elsewhere the size of other attributes
  std::uint32_t padding;
  std::uint64_t inode;
  char16_t name[1];
};
static_assert(offsetof(Listed, attributes) == 56 && offsetof(Listed, inode) == 72 && offsetof(Listed, name) == 80);

struct Volume {
  std::int64_t made;
  std::uint32_t serial;
  std::uint32_t label_bytes;
  std::uint8_t has_objects;
  char16_t label[1];
};
static_assert(offsetof(Volume, serial) == 8 && offsetof(Volume, label) == 18);

// REPARSE_DATA_BUFFER, but its texts, which begin behind it: of a mount point without the flags.
struct Reparse {
  std::uint32_t tag;
  std::uint16_t bytes;  // of what follows `padding`
  std::uint16_t padding;
  std::uint16_t target_at, target_bytes;
  std::uint16_t shown_at, shown_bytes;
};
static_assert(sizeof(Reparse) == 16);
inline constexpr std::uint32_t relative_link = 1;
inline constexpr std::size_t max_reparse = 16384;

// Where a write goes that appends.
inline constexpr std::int64_t at_end = -1;

struct Calls {
  Status (*create_file)(Object* opened, std::uint32_t access, const Attributes* name, Outcome* outcome, const std::int64_t* room,
                        std::uint32_t attributes, std::uint32_t share, std::uint32_t disposition, std::uint32_t options,
                        const void* extended, std::uint32_t extended_size);
  Status (*close)(Object object);
  Status (*query_information_file)(Object file, Outcome* outcome, void* into, std::uint32_t room, std::uint32_t about);
  Status (*set_information_file)(Object file, Outcome* outcome, const void* from, std::uint32_t size, std::uint32_t about);
  Status (*query_directory_file)(Object file, Object event, void* routine, void* context, Outcome* outcome, void* into,
                                 std::uint32_t room, std::uint32_t about, std::uint8_t single, const Text* pattern,
                                 std::uint8_t restart);
  Status (*query_volume_information_file)(Object file, Outcome* outcome, void* into, std::uint32_t room, std::uint32_t about);
  Status (*fs_control_file)(Object file, Object event, void* routine, void* context, Outcome* outcome, std::uint32_t control,
                            const void* from, std::uint32_t size, void* into, std::uint32_t room);
  Status (*read_file)(Object file, Object event, void* routine, void* context, Outcome* outcome, void* into, std::uint32_t room,
                      const std::int64_t* offset, const std::uint32_t* key);
  Status (*write_file)(Object file, Object event, void* routine, void* context, Outcome* outcome, const void* from,
                       std::uint32_t size, const std::int64_t* offset, const std::uint32_t* key);
  Status (*flush_buffers_file)(Object file, Outcome* outcome);
  // Symbolic links are made by those who hold a privilege that most have switched off: on, for this thread, in between.
  Status (*begin_linking)();
  void (*end_linking)();
};

// The host's own. Its definition is chosen by the build.
extern const Calls calls;

}  // namespace wasi_common::nt
