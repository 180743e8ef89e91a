/**
 * start, initialize and finalizeBindings: the instances they accept, the exports they call, and
 * when a second try is allowed.
 */
import { createContext, runInContext } from 'node:vm'
import { call, drop, trap } from '../../wasm.js'
import {
  type Any,
  commander,
  does,
  each,
  guestOf,
  type Probe,
  reactor,
  seen,
  symbol,
} from '../probe.js'

const memory = (more: object = {}): WebAssembly.Memory =>
  new WebAssembly.Memory({ initial: 1, ...more })
const throws = (): never => {
  throw new RangeError('mine')
}

const instances: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  'a number': () => 1,
  'an array': () => [],
  'a function': () => () => {},
  '{}': () => ({}),
  'with exports null': () => ({ exports: null }),
  'with exports an array': () => ({ exports: [] }),
  'with exports a function': () => ({ exports: () => {} }),
  'with exports that throw': () => Object.defineProperty({}, 'exports', { get: throws }),
  'with a memory that throws': () => ({
    exports: Object.defineProperty({}, 'memory', { get: throws }),
  }),
  'with exports a Proxy that throws': () => ({ exports: new Proxy({}, { get: throws }) }),
  'without memory': () => ({ exports: {} }),
  'with memory null': () => reactor({ memory: null }),
  'with memory {}': () => reactor({ memory: {} }),
  'with memory an ArrayBuffer': () => reactor({ memory: new ArrayBuffer(8) }),
  'with memory like one': () => reactor({ memory: { buffer: new ArrayBuffer(65536) } }),
  'with memory like a shared one': () =>
    reactor({ memory: { buffer: new SharedArrayBuffer(65536) } }),
  'with memory with the prototype of one': () =>
    reactor({ memory: Object.create(WebAssembly.Memory.prototype) }),
  'with memory a Proxy of one': () => reactor({ memory: new Proxy(memory(), {}) }),
  'with memory of another realm': () =>
    reactor({ memory: runInContext('new WebAssembly.Memory({ initial: 1 })', createContext()) }),
  'with memory shared': () => reactor({ memory: memory({ maximum: 2, shared: true }) }),
  'with memory of no pages': () => reactor({ memory: memory({ initial: 0 }) }),
  'a plain object': () => reactor(),
  'with exports without prototype': () => ({
    exports: Object.assign(Object.create(null), { memory: memory() }),
  }),
  'with exports inherited': () => Object.create(reactor()),
  'with exports a Proxy': () => ({ exports: new Proxy({ memory: memory() }, {}) }),
  'a Proxy': () => new Proxy(reactor(), {}),
}
const binds = (name: string, act: (wasi: Any) => unknown): Probe =>
  does(`finalizeBindings: ${name}`, wasi =>
    wasi.finalizeBindings === undefined ? 'no such method' : act(wasi),
  )

const nothing: Readonly<Record<string, unknown>> = {
  'a function': () => {},
  null: null,
  undefined: undefined,
  '0': 0,
}

const once: readonly Probe[] = [
  ...each(instances, (label, make) => does(`start: instance ${label}`, wasi => wasi.start(make()))),
  ...each(instances, (label, make) =>
    does(`initialize: instance ${label}`, wasi => wasi.initialize(make())),
  ),
  ...each(instances, (label, make) =>
    binds(`instance ${label}`, wasi => wasi.finalizeBindings(make())),
  ),

  does('start: what _start returns is no exit code', wasi => wasi.start(commander())),
  does('start: without memory and _start', wasi => wasi.start({ exports: {} })),
  ...each<unknown>({ 'a number': 1, null: null, 'an object': {} }, (label, _start) =>
    does(`start: _start ${label}`, wasi => wasi.start(reactor({ _start }))),
  ),
  ...each(nothing, (label, _initialize) =>
    does(`start: _initialize ${label}`, wasi => wasi.start(commander({ _initialize }))),
  ),
  ...each(nothing, (label, _start) =>
    does(`initialize: _start ${label}`, wasi => wasi.initialize(reactor({ _start }))),
  ),
  ...each(nothing, (label, _initialize) =>
    does(`initialize: _initialize ${label}`, wasi => wasi.initialize(reactor({ _initialize }))),
  ),
  does('initialize: what _initialize returns', wasi =>
    wasi.initialize(reactor({ _initialize: () => 7 })),
  ),
  ...each({ start: '_start', initialize: '_initialize' }, (method, entry) =>
    does(`${method}: how ${entry} is called`, wasi => {
      let got: unknown
      const called = function (this: unknown, ...args: unknown[]): void {
        got = [this === undefined, args.length]
      }
      wasi[method](reactor({ [entry]: called }))
      return got
    }),
  ),
  does('start: _start throws', wasi => wasi.start(commander({ _start: throws }))),
  does('initialize: _initialize throws', wasi => wasi.initialize(reactor({ _initialize: throws }))),
  does('start: a trap', wasi =>
    wasi.start(guestOf(wasi, { functions: { _start: { body: [trap] } } })),
  ),
  does('start: a real instance', wasi =>
    wasi.start(guestOf(wasi, { functions: { _start: { body: [drop(call('sched_yield'))] } } })),
  ),
  does('initialize: a real instance', wasi =>
    wasi.initialize(guestOf(wasi, { functions: { run: { body: [] } } })),
  ),

  ...each<Any>(
    {
      'given a memory': [{ exports: {} }, { memory: memory() }],
      'given a memory, no exports': [{}, { memory: memory() }],
      'given memory undefined': [reactor(), { memory: undefined }],
      'given memory null': [reactor(), { memory: null }],
      'given options null': [reactor(), null],
      'given options {}': [reactor(), {}],
    },
    (label, args) => binds(label, wasi => wasi.finalizeBindings(...args)),
  ),
  binds('used by start when overridden', wasi => {
    let used = false
    const own = wasi.finalizeBindings
    wasi.finalizeBindings = (...args: unknown[]) => {
      used = true
      return own.apply(wasi, args)
    }
    wasi.start(commander())
    return used
  }),
]

/** The first call, and the outcome of a second one. */
const again = (
  name: string,
  first: (wasi: Any) => unknown,
  second: (wasi: Any) => unknown,
): Probe => does(`again: ${name}`, wasi => [seen(() => first(wasi)), seen(() => second(wasi))])
const starts = (wasi: Any): unknown => wasi.start(commander())
const initializes = (wasi: Any): unknown => wasi.initialize(reactor())
const state = (wasi: Any): unknown[] => [
  wasi[symbol(wasi, 'kStarted')],
  typeof wasi[symbol(wasi, 'kInstance')],
  wasi[symbol(wasi, 'kExitCode')],
]

const twice: readonly Probe[] = [
  again('start, start', starts, starts),
  again('initialize, initialize', initializes, initializes),
  again('initialize, start', initializes, starts),
  again('start, initialize', starts, initializes),
  again('start of what has no memory, start', wasi => wasi.start(commander({ memory: 1 })), starts),
  again('start of null, start', wasi => wasi.start(null), starts),
  again('start of what has no _start, start', wasi => wasi.start(reactor()), starts),
  again(
    'start of what has _initialize, start',
    wasi => wasi.start(commander({ _initialize() {} })),
    starts,
  ),
  again('start that throws, start', wasi => wasi.start(commander({ _start: throws })), starts),
  again(
    'initialize of what has _start, initialize',
    wasi => wasi.initialize(commander()),
    initializes,
  ),
  again('start, start of null', starts, wasi => wasi.start(null)),
  again(
    'start, kStarted false, start',
    wasi => {
      wasi.start(commander())
      wasi[symbol(wasi, 'kStarted')] = false
    },
    starts,
  ),
  binds('then start', wasi => [
    seen(() => wasi.finalizeBindings(commander())),
    seen(() => starts(wasi)),
  ]),
  binds('twice', wasi => [
    seen(() => wasi.finalizeBindings(reactor())),
    seen(() => wasi.finalizeBindings(reactor())),
  ]),
  does('state: new', state),
  again('start, state', starts, state),
  again('start of what has no _start, state', wasi => wasi.start(reactor()), state),
  again('start of what has no memory, state', wasi => wasi.start({ exports: {} }), state),
  does('state: the instance is kept as it was passed', wasi => {
    const instance = new Proxy(commander(), {})
    wasi.start(instance)
    return wasi[symbol(wasi, 'kInstance')] === instance
  }),

  // Follows @emnapi/wasi-threads in a worker: nothing is started, the symbols are set.
  does('symbols: memory and instance set', wasi => {
    const instance = reactor()
    wasi[symbol(wasi, 'kInstance')] = instance
    wasi[symbol(wasi, 'kSetMemory')](instance.exports.memory)
    return [
      wasi.wasiImport.sched_yield(),
      wasi.wasiImport.random_get(0, 4),
      wasi[symbol(wasi, 'kStarted')],
    ]
  }),
  does('symbols: memory set after start', wasi => {
    wasi.start(commander())
    wasi[symbol(wasi, 'kSetMemory')](memory({ initial: 2 }))
    return wasi.wasiImport.random_get(65536, 4)
  }),
  ...each<unknown>({ undefined: undefined, null: null, 'a number': 1, '{}': {} }, (label, value) =>
    does(`symbols: kSetMemory of ${label}`, wasi => wasi[symbol(wasi, 'kSetMemory')](value)),
  ),
]

export const starting: readonly Probe[] = [...once, ...twice]
