/** A component's `cabi_realloc` that lies, fails, calls the host, or drops what is in use. */
import fs from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import { JavaScriptDoor, type LoweredDoor } from './doors.js'
import { each, type Fixture, type Held, textOf } from './fixture.js'
import { thrownBy } from './thrown.js'

const hybrid = { ways: ['native'], doors: ['hybrid'], input: 'input' } as const
type Realloc = LoweredDoor['realloc']

/** A call whose result is allocated once, by a `realloc` that is made of the honest one. */
function allocating(w: Fixture, make: (honest: Realloc) => Realloc): () => unknown {
  const door = w.lowered as LoweredDoor
  const honest = door.realloc
  w.write('file', 'text')
  const file = w.open('file')
  return () => {
    const at = door.allocate(4, 16)
    door.realloc = make(honest)
    try {
      return door.core('descriptor.read')?.((file as { handle: number }).handle, 4n, 0n, at)
    } finally {
      door.realloc = honest
    }
  }
}
/** Asserts that the call ends the component, and that it stays ended. Returns what it throws. */
function ending(t: ExecutionContext, w: Fixture, call: () => unknown): unknown {
  const thrown = thrownBy(call)
  t.not(thrown, undefined)
  for (const again of [() => w.call('wall-clock.now'), () => w.host.run(() => 0)])
    t.true(thrownBy(again) === thrown)
  return thrown
}
const messageOf = (thrown: unknown): unknown => (thrown as Error).message

const lies = {
  'the end of memory': [65_536, 'memory access out of bounds'],
  'a place just before the end': [65_533, 'memory access out of bounds'],
  'a negative number': [-1, 'memory access out of bounds'],
  'the sign bit': [1 << 31, 'memory access out of bounds'],
} as const
for (const [title, [at, message]] of Object.entries(lies))
  each(test, `${title} as new memory is a trap`, hybrid, (t, w) => {
    t.is(
      messageOf(
        ending(
          t,
          w,
          allocating(w, () => () => at),
        ),
      ),
      message,
    )
  })
each(
  test,
  'an unaligned place for a list is a trap',
  { ...hybrid, options: { args: ['a'] } },
  (t, w) => {
    const door = w.lowered as LoweredDoor
    const at = door.allocate(4, 8)
    door.realloc = () => 1025
    const call = () => door.core('environment.get-arguments')?.(at)
    t.is(messageOf(ending(t, w, call)), 'unaligned pointer')
  },
)
each(test, 'the place 0 is memory like any other', hybrid, (t, w) => {
  allocating(w, () => () => 0)()
  t.is(textOf(new Uint8Array((w.lowered as LoweredDoor).memory.buffer, 0, 4)), 'text')
})

/** TypeScript's library has no exceptions of WebAssembly. */
const { Exception, Tag } = WebAssembly as unknown as Record<
  string,
  new (
    ...args: unknown[]
  ) => object
>
const failures = {
  'an exception of JavaScript': new Error('mine'),
  'an exception of WebAssembly': new Exception(new Tag({ parameters: [] }), []),
  'a trap': new WebAssembly.RuntimeError('unreachable'),
}
for (const [title, thrown] of Object.entries(failures))
  each(test, `${title} that leaves it ends the component`, hybrid, (t, w) => {
    const call = allocating(w, () => () => {
      throw thrown
    })
    t.true(ending(t, w, call) === thrown)
  })

const reentering: Readonly<Record<string, (w: Fixture, file: Held) => unknown>> = {
  'a lowered function': w => w.call('random.get-random-u64'),
  'a lowered function without memory': w => w.call('monotonic-clock.now'),
  'a function of JavaScript values': w =>
    new JavaScriptDoor(w.host.imports).call('random.get-random-u64'),
  'an exit': w => w.call('exit.exit-with-code', 3),
}
for (const [title, call] of Object.entries(reentering))
  each(test, `it cannot call ${title}, even if it catches the trap`, hybrid, (t, w) => {
    const message = 'cannot leave component instance'
    const read = allocating(w, honest => (...args) => {
      t.throws(() => call(w, w.box), { message })
      return honest(...args)
    })
    read()
    t.throws(() => w.call('wall-clock.now'), { message })
    t.throws(() => w.host.run(() => 0), { message })
  })
each(test, 'data that was read waits apart from calls that it tries', hybrid, (t, w) => {
  const js = new JavaScriptDoor(w.host.imports)
  const input = js.call('stdin.get-stdin')
  const door = w.lowered as LoweredDoor
  let place = 0
  const read = allocating(w, honest => (...args) => {
    t.throws(() => js.call('input-stream.blocking-read', input, 4n))
    place = honest(...args)
    return place
  })
  read()
  t.is(textOf(new Uint8Array(door.memory.buffer, place, 4)), 'text')
})

each(test, 'it may grow the memory', hybrid, (t, w) => {
  const door = w.lowered as LoweredDoor
  let place = 0
  allocating(w, () => () => {
    place = door.memory.buffer.byteLength
    door.memory.grow(1)
    return place
  })()
  t.is(textOf(new Uint8Array(door.memory.buffer, place, 4)), 'text')
})
each(test, 'it may drop the resource that is in use', hybrid, (t, w) => {
  const door = w.lowered as LoweredDoor
  const honest = door.realloc
  for (const name of ['one', 'two']) w.write(name)
  const file = w.open('one')
  const entries: Held = w.call('descriptor.read-directory', w.box)
  const calls = [
    ['descriptor.read', file, 1n, 0n],
    ['directory-entry-stream.read-directory-entry', entries],
  ] as const
  for (const [short, self, ...args] of calls) {
    let dropped = false
    door.realloc = (...request) => {
      // The result pointer has its place first.
      if (request[3] <= 4 && !dropped) {
        dropped = true
        w.drop(self)
      }
      return honest(...request)
    }
    t.not(w.call(short, self, ...args), undefined)
    t.true(dropped)
  }
  t.is(fs.readdirSync(w.folder).length, 2)
})
