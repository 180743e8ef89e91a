/** The imports of QuickJS, in its worker: one host function, `double`, and nothing else. */
import type { ImportsContext } from 'wasi-common'

const text = new TextDecoder()

export default ({ memory, exports }: ImportsContext) => ({
  env: {
    host_call(name: number, length: number, _this: number, count: number, values: number): number {
      const called = text.decode(new Uint8Array(memory.buffer, name, length).slice())
      if (called !== 'double' || count !== 1) throw new Error(`there is no ${called}`)
      const value = new DataView(memory.buffer).getUint32(values, true)
      return exports.qjs_new_number(2 * exports.qjs_get_float64(value))
    },
    host_interrupt: () => 0,
    host_promise_rejection(promise: number, reason: number): void {
      exports.qjs_free_value(promise)
      exports.qjs_free_value(reason)
    },
    host_module_normalize: () => 0,
    host_module_load: () => 0,
    host_get_timezone_offset: () => 0,
  },
})
