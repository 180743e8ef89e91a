/** The bench's component: assembled from the rows, and transpiled by jco for each kind of bindings. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { componentEmbed, componentNew, transpile } from '@bytecodealliance/jco'
import { type InterfaceName, table } from '#lib/preview2/wit/table.js'
import type { Row as Func } from '#lib/preview2/wit/types.js'
import { add, and, assemble, load, param, setParam, store, times } from '../../test/wasm.js'
import { at, data, list, loopOf, prepare, rows } from './calls.js'
import { version, worldOf } from './wit.js'

export type Bindings = 'js' | 'hybrid'

/** The functions that the component imports, by the names under which the rows call them. */
const imported: Readonly<Partial<Record<InterfaceName, Readonly<Record<string, string>>>>> = {
  'wasi:io/poll': { poll: 'poll' },
  'wasi:io/streams': Object.fromEntries(
    [
      'input-stream.blocking-read',
      'output-stream.check-write',
      'output-stream.blocking-write-and-flush',
      'output-stream.subscribe',
    ].map(name => [`[method]${name}`, `[method]${name}`]),
  ),
  'wasi:clocks/monotonic-clock': { 'monotonic-now': 'now' },
  'wasi:clocks/wall-clock': { 'wall-now': 'now' },
  'wasi:random/random': { 'get-random-bytes': 'get-random-bytes' },
  'wasi:filesystem/types': Object.fromEntries(
    [
      ...['read-via-stream', 'write-via-stream', 'read', 'write', 'stat', 'stat-at', 'open-at'],
      'read-directory',
    ]
      .map(name => `[method]descriptor.${name}`)
      .concat('[method]directory-entry-stream.read-directory-entry')
      .map(name => [name, name]),
  ),
  'wasi:filesystem/preopens': { 'get-directories': 'get-directories' },
  'wasi:cli/stdout': { 'get-stdout': 'get-stdout' },
}
const dropped: Readonly<Partial<Record<InterfaceName, readonly string[]>>> = {
  'wasi:io/poll': ['pollable'],
  'wasi:io/streams': ['input-stream', 'output-stream'],
  'wasi:filesystem/types': ['descriptor', 'directory-entry-stream'],
}

type Core = Func['params'][number]['type']['flat'][number]
/** Returns the core signature of a function of WIT. */
function signatureOf({ params, result }: Func): { params: Core[]; results: Core[] } {
  const flat = result === undefined ? [] : result.flat
  const returned = flat.length <= 1
  return {
    params: [...params.flatMap(({ type }) => type.flat), ...(returned ? [] : ['i32' as const])],
    results: returned ? [...flat] : [],
  }
}
const functions = Object.entries(imported).flatMap(([name, calls]) =>
  Object.entries(calls).map(([own, as]) => {
    const func = (table as Readonly<Record<string, Readonly<Record<string, Func>>>>)[name][as]
    return [own, { ...signatureOf(func), from: `${name}@${version}`, as }] as const
  }),
)
const drops = Object.entries(dropped).flatMap(([name, kinds]) =>
  kinds.map(
    kind =>
      [
        `[resource-drop]${kind}`,
        { params: ['i32'], results: [], from: `${name}@${version}` },
      ] as const,
  ),
)

const loop = { params: ['i32', 'i32'], results: ['i32'] } as const
function assembled(): Uint8Array {
  return assemble({
    pages: 8,
    data,
    imports: Object.fromEntries([...functions, ...drops]) as never,
    functions: {
      /** An allocator that frees nothing. */
      cabi_realloc: {
        params: ['i32', 'i32', 'i32', 'i32'],
        results: ['i32'],
        body: [
          setParam(0, and(add(load(at.next), 7), -8)),
          store(at.next, add(param(0), param(3))),
          param(0),
        ],
      },
      list: { body: list },
      prepare: { ...loop, body: [...prepare, param(1)] },
      ...Object.fromEntries(
        rows.map(({ name, begin = [], turn, end = [] }) => [
          loopOf(name),
          { ...loop, body: [...begin, times(...turn), ...end, param(1)] },
        ]),
      ),
    },
  })
}

/** Makes the component of the rows, and transpiles it. */
export async function build(folder: string): Promise<Readonly<Record<Bindings, string>>> {
  const witSource = worldOf(['prepare', ...rows.map(({ name }) => loopOf(name))])
  const core = await componentEmbed({ binary: assembled(), witSource, world: 'guest' })
  return transpiled(folder, await componentNew(core))
}

/** Transpiles a component. Returns the module of each kind of bindings. */
export async function transpiled(
  folder: string,
  component: Uint8Array,
): Promise<Readonly<Record<Bindings, string>>> {
  const made: Partial<Record<Bindings, string>> = {}
  for (const importBindings of ['js', 'hybrid'] as const) {
    const { files } = await transpile(component, {
      ...{ name: 'guest', instantiation: 'sync', importBindings },
    })
    const place = join(folder, importBindings)
    for (const [name, bytes] of Object.entries(files)) {
      mkdirSync(dirname(join(place, name)), { recursive: true })
      writeFileSync(join(place, name), bytes)
    }
    writeFileSync(join(place, 'package.json'), '{ "type": "module" }')
    made[importBindings] = join(place, 'guest.js')
  }
  return made as Record<Bindings, string>
}
