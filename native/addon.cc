// The Node-API entry points, and the only file that calls Node-API. It keeps the Hosts of one
// JavaScript environment, and calls their methods.
//
// A hot call takes no arguments and returns nothing. It reads a register file that both sides
// share. `r[0]` is the index of the Host on entry and the Answer on return; the arguments of the
// method begin at `r[1]`. That halves the price of passing four integers, and no step allocates,
// throws or touches an object.
#include <napi.h>

#include <atomic>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "expected.h"
#include "host.h"
#include "stack.h"

namespace wasi_common {
namespace {

constexpr std::size_t register_count = 16;

// A memory that JavaScript has bound, kept alive.
struct Memory {
  Napi::ObjectReference array;
  std::uint8_t* bytes = nullptr;
  std::uint64_t size = 0;
};

// The Guests of all environments, which tests count.
std::atomic<int> live_guests{0};

// A Host, and the JavaScript memories it points into.
struct Guest {
  Guest(Block* block, bool walk_only, std::shared_ptr<Table> table) : host(block, walk_only, std::move(table)) { ++live_guests; }
  ~Guest() { --live_guests; }
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  void bind(Memory memory) {
    previous = std::exchange(bound, std::move(memory));
    host.bind(bound.bytes, bound.size);
  }
  void rebind() {
    std::swap(bound, previous);
    host.bind(bound.bytes, bound.size);
  }

  Host host;
  Napi::ObjectReference block;
  Memory bound;
  Memory previous;
};

// The guests of one environment: the main thread's, or a worker's. Destroyed with the environment,
// which closes all its files.
struct Environment {
  std::vector<std::unique_ptr<Guest>> guests;
  // The free places in `guests`: a search would cost a process with many guests more than the rest.
  std::vector<std::size_t> free;
  Napi::ObjectReference registers_buffer;
  double* registers = nullptr;
  Napi::ObjectReference block_buffer;
  Block* block = nullptr;

  Guest* guest(double index) {
    // Written so that NaN fails the test, too.
    if (!(index >= 0 && index < static_cast<double>(guests.size()))) return nullptr;
    return guests[static_cast<std::size_t>(index)].get();
  }
  std::size_t add(std::unique_ptr<Guest> made) {
    if (free.empty()) {
      guests.push_back(std::move(made));
      return guests.size() - 1;
    }
    const std::size_t index = free.back();
    free.pop_back();
    guests[index] = std::move(made);
    return index;
  }
  void remove(std::size_t index) {
    guests[index].reset();
    free.push_back(index);
  }
};

// Tables of guests with threads, by a number that one environment may send to another. A table
// lives as long as a Host uses it.
class SharedTables {
 public:
  double add(const std::shared_ptr<Table>& table) {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (auto it = tables_.begin(); it != tables_.end();) it = it->second.expired() ? tables_.erase(it) : std::next(it);
    tables_[++last_] = table;
    return last_;
  }
  std::shared_ptr<Table> get(double number) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = tables_.find(number);
    return found == tables_.end() ? nullptr : found->second.lock();
  }

 private:
  std::mutex mutex_;
  std::map<double, std::weak_ptr<Table>> tables_;
  double last_ = 0;
};

SharedTables& shared_tables() {
  static auto* const tables = new SharedTables;  // never destroyed: threads may outlast the end of main()
  return *tables;
}

// Converts a register to an integer. A value out of range becomes the type's maximum, which is no
// valid handle or length.
template <class To>
To convert(double value) {
  constexpr double low = static_cast<double>(std::numeric_limits<To>::min());
  constexpr double limit = 2.0 * static_cast<double>(To{1} << (std::numeric_limits<To>::digits - 1));
  return value >= low && value < limit ? static_cast<To>(value) : std::numeric_limits<To>::max();
}
template <>
double convert<double>(double value) {
  return value;
}

template <class... Arguments, std::size_t... Places>
Answer call(Host& host, Answer (Host::*method)(Arguments...), const double* registers, std::index_sequence<Places...>) {
  static_assert(sizeof...(Arguments) < register_count);
  return (host.*method)(convert<Arguments>(registers[1 + Places])...);
}
template <class... Arguments>
Answer call(Host& host, Answer (Host::*method)(Arguments...), const double* registers) {
  return call(host, method, registers, std::index_sequence_for<Arguments...>());
}

template <auto method>
napi_value hot(napi_env env, napi_callback_info) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  auto* const environment = static_cast<Environment*>(data);
  double* const registers = environment->registers;
  Guest* const guest = environment->guest(registers[0]);
  const Answer answer = guest != nullptr ? call(guest->host, method, registers) : refuse(Errno::BadF);
  registers[0] = static_cast<double>(answer);
  return nullptr;
}

// rebind(): binds the memory that was bound before the last one. The caller knows that it has not
// been detached since.
napi_value rebind(napi_env env, napi_callback_info) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  auto* const environment = static_cast<Environment*>(data);
  Guest* const guest = environment->guest(environment->registers[0]);
  if (guest != nullptr) guest->rebind();
  return nullptr;
}

constexpr struct {
  const char* name;
  napi_callback call;
} hot_calls[] = {
    {"rebind", rebind},
    {"close", hot<&Host::close>},
    {"readv", hot<&Host::readv>},
    {"preadv", hot<&Host::preadv>},
    {"writev", hot<&Host::writev>},
    {"writeText", hot<&Host::write_text>},
    {"pwritev", hot<&Host::pwritev>},
    {"seek", hot<&Host::seek>},
    {"identify", hot<&Host::identify>},
    {"filestat", hot<&Host::filestat>},
    {"setSize", hot<&Host::set_size>},
    {"setTimes", hot<&Host::set_times>},
    {"allocate", hot<&Host::allocate>},
    {"advise", hot<&Host::advise>},
    {"sync", hot<&Host::sync>},
    {"datasync", hot<&Host::datasync>},
    {"setFlags", hot<&Host::set_flags>},
    {"readdir", hot<&Host::readdir>},
    {"open", hot<&Host::open>},
    {"filestatAt", hot<&Host::filestat_at>},
    {"setTimesAt", hot<&Host::set_times_at>},
    {"mkdir", hot<&Host::mkdir>},
    {"rmdir", hot<&Host::rmdir>},
    {"unlink", hot<&Host::unlink>},
    {"readlink", hot<&Host::readlink>},
    {"symlink", hot<&Host::symlink>},
    {"link", hot<&Host::link>},
    {"rename", hot<&Host::rename>},
    {"accept", hot<&Host::accept>},
    {"recv", hot<&Host::recv>},
    {"send", hot<&Host::send>},
    {"shutdown", hot<&Host::shutdown>},
    {"poll", hot<&Host::poll>},
    {"now", hot<&Host::now>},
    {"resolution", hot<&Host::resolution>},
};

// The setup calls: ordinary functions with ordinary arguments.

Napi::Value refuse_arguments(Napi::Env env) {
  Napi::TypeError::New(env, "wasi_common.node: invalid arguments; use the package wasi-common, not its addon")
      .ThrowAsJavaScriptException();
  return env.Undefined();
}

Guest* guest(const Napi::CallbackInfo& info) {
  if (!info[0].IsNumber()) return nullptr;
  return info.Env().GetInstanceData<Environment>()->guest(info[0].As<Napi::Number>().DoubleValue());
}

// create(block: ArrayBuffer, or undefined for the environment's, walkOnly: boolean, shared: number
// of a table, or 0 for a new one): index, or -1 if that table is gone
Napi::Value create(const Napi::CallbackInfo& info) {
  const bool own = info[0].IsArrayBuffer();
  if (!(own || info[0].IsUndefined()) || !info[1].IsBoolean() || !info[2].IsNumber()) return refuse_arguments(info.Env());
  auto& environment = *info.Env().GetInstanceData<Environment>();
  Block* block = environment.block;
  if (own) {
    auto buffer = info[0].As<Napi::ArrayBuffer>();
    if (buffer.ByteLength() != sizeof(Block)) return refuse_arguments(info.Env());
    block = static_cast<Block*>(buffer.Data());
  }
  const double shared = info[2].As<Napi::Number>().DoubleValue();
  auto table = shared == 0 ? std::make_shared<Table>() : shared_tables().get(shared);
  if (table == nullptr) return Napi::Number::New(info.Env(), -1);
  auto made = std::make_unique<Guest>(block, info[1].As<Napi::Boolean>().Value(), std::move(table));
  if (own) made->block = Napi::Persistent(info[0].As<Napi::Object>());
  return Napi::Number::New(info.Env(), static_cast<double>(environment.add(std::move(made))));
}

// share(index): the number by which a Host of another environment shares this table
Napi::Value share(const Napi::CallbackInfo& info) {
  Guest* const asked = guest(info);
  if (asked == nullptr) return refuse_arguments(info.Env());
  asked->host.table()->share();
  return Napi::Number::New(info.Env(), shared_tables().add(asked->host.table()));
}

// dispose(index): closes all open files, unless another thread of the guest still has them
Napi::Value dispose(const Napi::CallbackInfo& info) {
  if (guest(info) == nullptr) return refuse_arguments(info.Env());
  info.Env().GetInstanceData<Environment>()->remove(static_cast<std::size_t>(info[0].As<Napi::Number>().DoubleValue()));
  return info.Env().Undefined();
}

// bind(index, memory: Uint8Array)
Napi::Value bind(const Napi::CallbackInfo& info) {
  Guest* const bound = guest(info);
  if (bound == nullptr || !info[1].IsTypedArray()) return refuse_arguments(info.Env());
  auto memory = info[1].As<Napi::Uint8Array>();
  if (memory.TypedArrayType() != napi_uint8_array) return refuse_arguments(info.Env());
  bound->bind({Napi::Persistent(memory.As<Napi::Object>()), memory.Data(), memory.ByteLength()});
  return info.Env().Undefined();
}

// failure(index): [system call, error, path or undefined, the WASI number of that error or 0]
Napi::Value failure(const Napi::CallbackInfo& info) {
  Guest* const asked = guest(info);
  if (asked == nullptr) return refuse_arguments(info.Env());
  const Failure& last = asked->host.failure();
  auto answer = Napi::Array::New(info.Env(), 4);
  answer.Set(0u, Napi::String::New(info.Env(), last.call));
  answer.Set(1u, Napi::Number::New(info.Env(), last.error));
  answer.Set(2u, last.has_path ? Napi::String::New(info.Env(), last.path) : info.Env().Undefined());
  answer.Set(3u, Napi::Number::New(info.Env(), static_cast<int>(expected(last.error))));
  return answer;
}

// preopen(index, path): handle or `unexpected`
Napi::Value preopen(const Napi::CallbackInfo& info) {
  Guest* const asked = guest(info);
  if (asked == nullptr || !info[1].IsString()) return refuse_arguments(info.Env());
  return Napi::Number::New(info.Env(), static_cast<double>(asked->host.open_ambient(info[1].As<Napi::String>())));
}

// adopt(index, fd): handle or `unexpected`
Napi::Value adopt(const Napi::CallbackInfo& info) {
  Guest* const asked = guest(info);
  if (asked == nullptr || !info[1].IsNumber()) return refuse_arguments(info.Env());
  return Napi::Number::New(info.Env(), static_cast<double>(asked->host.adopt_ambient(info[1].As<Napi::Number>().Int32Value())));
}

// listen(index, address, port): handle or `unexpected`
Napi::Value listen(const Napi::CallbackInfo& info) {
  Guest* const asked = guest(info);
  if (asked == nullptr || !info[1].IsString() || !info[2].IsNumber()) return refuse_arguments(info.Env());
  const auto port = convert<std::uint16_t>(info[2].As<Napi::Number>().DoubleValue());
  return Napi::Number::New(info.Env(), static_cast<double>(asked->host.listen_ambient(info[1].As<Napi::String>(), port)));
}

// listening(index, handle): [address, port], or undefined on failure
Napi::Value listening(const Napi::CallbackInfo& info) {
  Guest* const asked = guest(info);
  if (asked == nullptr || !info[1].IsNumber()) return refuse_arguments(info.Env());
  std::string address;
  std::uint16_t port = 0;
  const auto handle = convert<Handle>(info[1].As<Napi::Number>().DoubleValue());
  if (asked->host.listening(handle, address, port) != 0) return info.Env().Undefined();
  auto answer = Napi::Array::New(info.Env(), 2);
  answer.Set(0u, Napi::String::New(info.Env(), address));
  answer.Set(1u, Napi::Number::New(info.Env(), port));
  return answer;
}

// resolver(index): the way paths are resolved, "openat2" or "walk"
Napi::Value resolver(const Napi::CallbackInfo& info) {
  Guest* const asked = guest(info);
  if (asked == nullptr) return refuse_arguments(info.Env());
  return Napi::String::New(info.Env(), asked->host.resolver());
}

// live(): the number of hosts of this process, in all its threads
Napi::Value live(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), live_guests); }

// exit(code): terminates the process at once
Napi::Value exit(const Napi::CallbackInfo& info) {
  if (!info[0].IsNumber()) return refuse_arguments(info.Env());
  std::_Exit(info[0].As<Napi::Number>().Int32Value());
}

// enlargeStack(bytes): true if the main thread has so much stack from here on
Napi::Value enlarge_stack_of_main(const Napi::CallbackInfo& info) {
  if (!info[0].IsNumber()) return refuse_arguments(info.Env());
  const auto bytes = convert<std::size_t>(info[0].As<Napi::Number>().DoubleValue());
  return Napi::Boolean::New(info.Env(), enlarge_stack(bytes));
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  auto registers = Napi::Float64Array::New(env, register_count);
  auto block = Napi::ArrayBuffer::New(env, sizeof(Block));
  // A worker can be terminated while it loads the addon. Its environment then creates nothing, and a
  // method of an empty value would end the process. No JavaScript sees these exports.
  if (registers.IsEmpty() || block.IsEmpty()) return exports;
  auto environment = std::make_unique<Environment>();
  environment->registers = registers.Data();
  environment->registers_buffer = Napi::Persistent(registers.As<Napi::Object>());
  environment->block = static_cast<Block*>(block.Data());
  environment->block_buffer = Napi::Persistent(block.As<Napi::Object>());
  env.SetInstanceData(environment.release());

  exports["registers"] = registers;
  exports["block"] = block;
  exports["create"] = Napi::Function::New<create>(env, "create");
  exports["share"] = Napi::Function::New<share>(env, "share");
  exports["dispose"] = Napi::Function::New<dispose>(env, "dispose");
  exports["bind"] = Napi::Function::New<bind>(env, "bind");
  exports["failure"] = Napi::Function::New<failure>(env, "failure");
  exports["preopen"] = Napi::Function::New<preopen>(env, "preopen");
  exports["adopt"] = Napi::Function::New<adopt>(env, "adopt");
  exports["listen"] = Napi::Function::New<listen>(env, "listen");
  exports["listening"] = Napi::Function::New<listening>(env, "listening");
  exports["exit"] = Napi::Function::New<exit>(env, "exit");
  exports["enlargeStack"] = Napi::Function::New<enlarge_stack_of_main>(env, "enlargeStack");
  exports["live"] = Napi::Function::New<live>(env, "live");
  exports["resolver"] = Napi::Function::New<resolver>(env, "resolver");
  for (const auto& hot_call : hot_calls) {
    napi_value function = nullptr;
    if (napi_create_function(env, hot_call.name, NAPI_AUTO_LENGTH, hot_call.call, nullptr, &function) == napi_ok)
      exports[hot_call.name] = Napi::Value(env, function);
  }
  return exports;
}

}  // namespace

NODE_API_MODULE(wasi_common, initialise)

}  // namespace wasi_common
