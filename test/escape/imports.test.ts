/**
 * Imports that lead out of the records of the host: by a prototype, WebAssembly would find `Object`
 * and `Function` there.
 */
import test from 'ava'
import { createGuest, WASI } from 'wasi-common'
import { doors } from '../doors.js'
import { assemble, call, command } from '../wasm.js'

const version = 'preview1'
const namespace = 'wasi_snapshot_preview1'
/** Every name that an ordinary object has without owning it. */
const inherited = Object.getOwnPropertyNames(Object.prototype)
const kinds = ['function', 'externref'] as const

/**
 * Pairs of a module and a name that lead to a function of JavaScript where one of the two records
 * has a prototype.
 */
const attacks = [
  ...inherited.map(name => `${namespace}.${name}`),
  ...inherited.flatMap(module =>
    ['constructor', 'prototype', 'freeze', 'name'].map(name => `${module}.${name}`),
  ),
]
const attack = (path: string, kind: 'function' | 'externref'): Uint8Array =>
  command([call('proc_exit', 7)], { imports: { [path]: kind } })

test('the attacks reach JavaScript through records that have prototypes', t => {
  const record = { [namespace]: { proc_exit() {} } }
  const led = attacks.filter(path => {
    try {
      return (
        new WebAssembly.Instance(new WebAssembly.Module(attack(path, 'externref')), record) !==
        undefined
      )
    } catch {
      return false
    }
  })
  // A global takes any value: what it does not take has no such module.
  t.true(
    led.length >= attacks.length - 4 * inherited.length + 3 * 10,
    `${led.length} of ${attacks.length}`,
  )
  const called = attacks.filter(path => {
    try {
      return (
        new WebAssembly.Instance(new WebAssembly.Module(attack(path, 'function')), record) !==
        undefined
      )
    } catch {
      return false
    }
  })
  for (const path of ['constructor.freeze', 'toString.constructor', `${namespace}.constructor`])
    t.true(called.includes(path), path)
})

/** All of them where an attempt costs little, elsewhere those by which everything is reached. */
const few = [
  `${namespace}.constructor`,
  `${namespace}.__proto__`,
  'constructor.freeze',
  'toString.constructor',
  '__proto__.constructor',
]
const layers = {
  '': {},
  ', traced': { trace: () => {} },
  ', measured': { metrics: true },
  ', limited': { limits: { hostcalls: 9 } },
}

for (const [door, { open, takes, thread }] of Object.entries(doors)) {
  const cheap = thread === 'this' && takes === 'options'
  const byHand = !door.endsWith('instantiate') && cheap
  test.serial(
    `no import reaches an inherited property of the host's records, at the door ${door}`,
    async t => {
      t.timeout(120_000)
      for (const [layer, options] of Object.entries(
        cheap || door === 'run' ? layers : { '': {} },
      )) {
        for (const path of cheap ? attacks : few) {
          // A thread, a process and the command look imports up as `createGuest` does.
          for (const kind of cheap || path === few[0] ? kinds : kinds.slice(0, 1)) {
            // A record without a prototype has undefined there, which is a value for such a global:
            // see the next test.
            if (byHand && kind === 'externref' && path.startsWith(namespace)) continue
            const outcome = String(await open(attack(path, kind), options))
            const refused = cheap
              ? /^(ERR_WASI_UNKNOWN_IMPORT|LinkError|TypeError)$/
              : new RegExp(
                  `^ERR_WASI_UNKNOWN_IMPORT$|: the module imports ${path.replace('.', '\\.')} \\(a ${kindOf(kind)}\\), which this host does not offer`,
                )
            t.regex(outcome, refused, `${path}, ${kind}${layer}`)
          }
        }
      }
    },
  )
}

test("a global imported from the host's own records is undefined for every name", t => {
  const wasi = new WASI({ version })
  const name = (text: string): number[] => [text.length, ...Buffer.from(text)]
  for (const wanted of inherited) {
    const imported = [1, ...name(namespace), ...name(wanted), 3, 0x6f, 0]
    const exported = [1, ...name('leak'), 3, 0]
    const bytes = Uint8Array.from([
      0,
      0x61,
      0x73,
      0x6d,
      1,
      0,
      0,
      0,
      2,
      imported.length,
      ...imported,
      7,
      exported.length,
      ...exported,
    ])
    for (const imports of [
      wasi.getImportObject(),
      Object.assign(Object.create(null), { [namespace]: wasi.wasiImport }),
    ]) {
      const { leak } = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports
      t.is((leak as { value: unknown }).value, undefined, wanted)
    }
  }
  wasi.close()
})

const kindOf = (kind: string): string => (kind === 'externref' ? 'global' : kind)

test('instantiate refuses an import by name before anything runs', t => {
  const guest = createGuest({ version })
  const wasi = new WASI({ version })
  for (const instantiate of [guest.instantiate, wasi.instantiate.bind(wasi)]) {
    for (const [module, name] of [
      ['constructor', 'freeze'],
      [namespace, 'constructor'],
      ['env', 'callback'],
      ['', ''],
    ]) {
      const bytes = command([], { imports: { [`${module}.${name}`]: 'function' } })
      const error = t.throws(() => instantiate(bytes), {
        instanceOf: WebAssembly.LinkError,
        code: 'ERR_WASI_UNKNOWN_IMPORT',
      })
      const message = `the module imports ${module}.${name} (a function), which this host does not offer`
      t.true(error?.message.startsWith(message), error?.message)
      t.like(error, { importModule: module, importName: name, importKind: 'function' })
    }
  }
  guest.close()
  wasi.close()
})

test('instantiate offers own properties of the passed imports, and no inherited ones', t => {
  const wasi = new WASI({ version })
  const calling = (module: string, name: string): Uint8Array =>
    command([], { imports: { [`${module}.${name}`]: 'function' } })
  const own = (): void => {}
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'f']) {
    const named = Object.assign(Object.create(null), { [name]: own })
    t.notThrows(() => wasi.instantiate(calling('env', name), { env: named }), name)
    t.notThrows(
      () =>
        wasi.instantiate(
          calling(name, 'f'),
          Object.assign(Object.create(null), { [name]: { f: own } }),
        ),
      name,
    )
  }
  class Inherits {
    f(): void {}
  }
  for (const env of [new Inherits(), Object.create({ f: own }), {}, []])
    t.throws(() => wasi.instantiate(calling('env', 'f'), { env }), {
      code: 'ERR_WASI_UNKNOWN_IMPORT',
    })
  t.throws(() => wasi.instantiate(calling('env', 'f'), Object.create({ env: { f: own } })), {
    code: 'ERR_WASI_UNKNOWN_IMPORT',
  })
  for (const wrong of [null, 1, 'env', []] as unknown as object[])
    t.throws(() => wasi.instantiate(calling('env', 'f'), wrong as never), {
      code: 'ERR_INVALID_ARG_TYPE',
      message: /"imports"/,
    })
  t.throws(() => wasi.instantiate(calling('env', 'f'), { env: 7 as never }), {
    code: 'ERR_INVALID_ARG_TYPE',
    message: /"imports\.env"/,
  })
  wasi.close()
})

test('instantiate accepts a path, bytes, a buffer or a module, and refuses others', t => {
  const wasi = new WASI({ version })
  const bytes = command([call('proc_exit', 3)])
  for (const source of [
    bytes,
    bytes.buffer,
    Buffer.from(bytes),
    new DataView(bytes.buffer),
    new WebAssembly.Module(bytes),
  ])
    t.is(typeof wasi.instantiate(source).exports._start, 'function')
  for (const wrong of [
    undefined,
    null,
    7,
    {},
    Object.create(WebAssembly.Module.prototype),
  ] as never[])
    t.throws(() => wasi.instantiate(wrong), { code: 'ERR_INVALID_ARG_TYPE', message: /"source"/ })
  t.throws(() => wasi.instantiate('no-such.wasm'), { code: 'ENOENT' })
  t.throws(() => wasi.instantiate(Uint8Array.of(1, 2, 3)), { instanceOf: WebAssembly.CompileError })
  wasi.close()
})

test('an import of the embedder replaces the hostcall of its name', t => {
  const codes: number[] = []
  const wasi = new WASI({ version })
  const program = command([call('proc_exit', 3)])
  wasi.start(
    wasi.instantiate(program, { [namespace]: { proc_exit: (code: number) => codes.push(code) } }),
  )
  const other = new WASI({ version })
  other.wasiImport.proc_exit = code => codes.push(code + 1)
  other.start(other.instantiate(program))
  t.deepEqual(codes, [3, 4])
  for (const each of [wasi, other]) each.close()
})

test('a hostcall imported as anything but a function is refused', t => {
  const wasi = new WASI({ version })
  const bytes = command([], { imports: { [`${namespace}.fd_read`]: 'externref' } })
  t.throws(() => wasi.instantiate(bytes), {
    code: 'ERR_WASI_UNKNOWN_IMPORT',
    message: /fd_read \(a global\)/,
  })
  wasi.close()
})

test('guest.instantiate binds the memory that the module exports', t => {
  const guest = createGuest({ version })
  const { exports } = guest.instantiate(
    assemble({
      functions: { now: { results: ['i32'], body: [call('clock_time_get', 0, 0n, 0x10)] } },
    }),
  )
  t.is(exports.now(), 0)
  t.not(new DataView((exports.memory as WebAssembly.Memory).buffer).getBigUint64(0x10, true), 0n)
  guest.close()
})

/** A memory that the module imports may have any name. */
for (const [door, { open, thread }] of Object.entries(doors)) {
  if (thread !== 'own' || door === 'the command, with -W') continue
  test.serial(
    `a memory imported under an inherited name is an ordinary memory, at the door ${door}`,
    async t => {
      for (const path of [
        '__proto__.__proto__',
        'constructor.constructor',
        'wasi_snapshot_preview1.__proto__',
        'wasi.constructor',
      ])
        t.is(
          await open(
            command([call('proc_exit', 7)], { pages: 0, imports: { [path]: 'memory' } }),
            {},
          ),
          7,
          path,
        )
    },
  )
}
