/** The layer over a host that changes nothing. */
import test from 'ava'
import { Block } from '#lib/sys/block.js'
import { ForwardingSys } from '#lib/sys/forwarding.js'
import { openNative } from '#lib/sys/native/sys.js'
import type { Sys } from '#lib/sys/sys.js'

const methodsOf = (sys: object): string[] =>
  Object.getOwnPropertyNames(sys).filter(name => name !== 'constructor')

test('a forwarding host passes each call on with its arguments, and returns the answer', t => {
  const received: unknown[] = []
  const block = new Block()
  const host = new Proxy({} as Sys, {
    get: (_, name) => {
      if (name === 'name') return 'native'
      if (name === 'block') return block
      return (...args: unknown[]) => {
        received.push([name, ...args])
        return `answer of ${String(name)}`
      }
    },
  })
  const sys = new ForwardingSys(host)
  t.is(sys.name, 'native')
  t.is(sys.block, block)
  const methods = methodsOf(ForwardingSys.prototype)
  t.true(methods.length > 40)
  for (const name of methods) {
    const method = Reflect.get(sys, name) as (...args: unknown[]) => unknown
    const args = Array.from({ length: method.length }, (_, i) => `argument ${i}`)
    const answer = method.apply(sys, args)
    t.deepEqual(received.splice(0), [[name, ...args]])
    if (name !== 'bind' && name !== 'dispose') t.is(answer, `answer of ${name}`)
  }
})

test('a forwarding host has every call of the native one, with as many parameters', t => {
  const native = openNative()
  const calls = methodsOf(Object.getPrototypeOf(native)).filter(name => name !== 'resolver')
  for (const name of calls)
    t.is(
      (Reflect.get(ForwardingSys.prototype, name) as CallableFunction)?.length,
      (Reflect.get(native, name) as CallableFunction).length,
      name,
    )
  native.dispose()
})
