/**
 * Two copies of the package in one process, as where an application and its plugin each bring one:
 * `instanceof` holds across them.
 */
import test from 'ava'
import {
  createGuest,
  Errno,
  GuestExit,
  UnexpectedError,
  WASI,
  WASIError,
  WASIExit,
} from '#lib/index.js'
import { call, command, store, write } from '../wasm.js'

const other = (await import('#bundle/index.js' as string)) as typeof import('#lib/index.js')
const classes = { WASIError, UnexpectedError, GuestExit, WASIExit }

const instances = {
  WASIError: new other.WASIError(Errno.NOSPC),
  UnexpectedError: new other.UnexpectedError('fd_read', new Error('cause')),
  GuestExit: new other.GuestExit(3),
  WASIExit: new other.WASIExit(3),
}
for (const [name, instance] of Object.entries(instances)) {
  test(`a ${name} of another copy is an instance of this copy’s class`, t => {
    const Class = classes[name as keyof typeof classes]
    t.not(Class, instance.constructor as never, 'these are two copies')
    t.true(instance instanceof Class)
    t.is(instance instanceof WASIError, name.endsWith('Error'), 'an UnexpectedError is a WASIError')
    t.is(instance instanceof UnexpectedError, name === 'UnexpectedError')
  })
}

test('values that are no instance of a branded class are no instance of its copies', t => {
  for (const value of [undefined, null, 1, 'text', {}, new Error('x'), () => {}, WASIError]) {
    for (const Class of [WASIError, UnexpectedError, GuestExit, WASIExit])
      t.false((value as unknown) instanceof Class)
  }
})

test('a class that extends WASIError has the ordinary instanceof', t => {
  class Full extends WASIError {}
  t.true(new Full(Errno.NOSPC) instanceof Full)
  t.true(new Full(Errno.NOSPC) instanceof other.WASIError)
  t.false(new WASIError(Errno.NOSPC) instanceof Full)
})

/** Writes a byte to stdout, and exits with the errno that it got. */
const writer = command([
  store(0x30, 0x100),
  store(0x34, 1),
  call('proc_exit', call('fd_write', 1, 0x30, 1, 0x38)),
])
const started = (stdout: (chunk: Uint8Array) => void): number => {
  const wasi = new WASI({ version: 'preview1', stdout })
  try {
    return wasi.start(wasi.instantiate(writer))
  } finally {
    wasi.close()
  }
}

test('a WASIError of another copy, thrown by a stream, reaches the guest as its errno', t => {
  const errno = started(() => {
    throw new other.WASIError(Errno.NOSPC)
  })
  t.is(errno, Errno.NOSPC)
})

for (const [title, errno] of Object.entries({
  success: 0,
  'beyond 16 bits': 65536,
  'a fraction': 1.5,
  text: 'length',
  nothing: undefined,
  NaN,
})) {
  test(`a WASIError of another copy whose errno is ${title} is reported as an UnexpectedError, and IO for the guest`, t => {
    const reported: unknown[] = []
    const error = Object.defineProperty(new other.WASIError(Errno.NOSPC), 'errno', { value: errno })
    const guest = createGuest({
      version: 'preview1',
      onUnexpected: unexpected => reported.push(unexpected.cause),
      stdout: () => {
        throw error
      },
    })
    try {
      const { exports } = guest.instantiate(writer) as { exports: Record<string, () => void> }
      guest.bind(exports.memory as never)
      t.is(guest.run(exports._start), Errno.IO)
    } finally {
      guest.close()
    }
    t.deepEqual(reported, [error])
  })
}

test('proc_exit of a guest of another copy ends the guest that called it, in class WASI of this copy', t => {
  const inner = new other.WASI({
    version: 'preview1',
    stdin: 'ignore',
    stdout: () => {},
    stderr: () => {},
  })
  const outer = new WASI({
    version: 'preview1',
    stdin: 'ignore',
    stdout: () => {},
    stderr: () => {},
  })
  const module = new WebAssembly.Module(command([...write(1, 0x100, 1), call('proc_exit', 5)]))
  const instance = new WebAssembly.Instance(module, inner.getImportObject() as never)
  inner.finalizeBindings(instance)
  t.is(outer.start(instance), 5)
  inner.close()
  outer.close()
})
