// The functions that QuickJS imports beside WASI, for instantiate.js. Its worker loads this module.
export default ({ memory, exports }) => ({
  env: {
    // Called by functions that were made with qjs_new_host_function: here, by `double`.
    host_call(_name, _length, _self, _count, values) {
      const value = new DataView(memory.buffer).getUint32(values, true)
      return exports.qjs_new_number(2 * exports.qjs_get_float64(value))
    },
    host_interrupt: () => 0,
    host_promise_rejection() {},
    host_module_normalize: () => 0,
    host_module_load: () => 0,
    host_get_timezone_offset: () => 0,
  },
})
