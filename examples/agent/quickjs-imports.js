// The functions that quickjs.wasm imports beside WASI: none does anything, so the code in it reaches
// no function of the host.
export default {
  env: {
    host_call: () => 0,
    host_get_timezone_offset: () => 0,
    host_interrupt: () => 0,
    host_module_load: () => 0,
    host_module_normalize: () => 0,
    host_promise_rejection() {},
  },
}
