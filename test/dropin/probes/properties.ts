/**
 * The properties of an instance and its class: names, descriptors, prototypes, the import object.
 */
import {
  type Any,
  does,
  exits,
  type Probe,
  preview1,
  seen,
  symbol,
  type WASIClass,
} from '../probe.js'

const has = (
  name: string,
  see: (wasi: Any, WASI: WASIClass) => unknown,
  version = 'preview1',
): Probe => does(`has: ${name}`, see, { version })
/** A descriptor, with types in place of values. */
const shape = (of: object, key: PropertyKey): unknown => {
  const found = Object.getOwnPropertyDescriptor(of, key)
  return (
    found && { ...found, value: typeof found.value, get: typeof found.get, set: typeof found.set }
  )
}
const methods = ['start', 'initialize', 'getImportObject', 'finalizeBindings']

export const properties: readonly Probe[] = [
  has('own names', wasi => Object.getOwnPropertyNames(wasi)),
  has('own enumerable keys', wasi => Object.keys(wasi)),
  has('own symbols, in order', wasi => Object.getOwnPropertySymbols(wasi).map(String)),
  ...['kBindingName', 'kSetMemory', 'kStarted', 'kExitCode', 'kInstance'].flatMap(key => [
    has(`descriptor of ${key}`, wasi => shape(wasi, symbol(wasi, key))),
    has(`type of ${key}`, wasi => typeof wasi[symbol(wasi, key)]),
  ]),
  ...['kBindingName', 'kStarted', 'kExitCode', 'kInstance'].map(key =>
    has(`value of ${key}`, wasi => wasi[symbol(wasi, key)]),
  ),
  has('value of kBindingName, unstable', wasi => wasi[symbol(wasi, 'kBindingName')], 'unstable'),
  has('extensible', wasi =>
    [wasi, wasi.wasiImport].map(of => [
      Object.isExtensible(of),
      Object.isSealed(of),
      Object.isFrozen(of),
    ]),
  ),
  has('tag', wasi => [Object.prototype.toString.call(wasi), typeof wasi]),
  has('JSON', wasi => JSON.stringify(wasi)),

  has('names of the prototype', (_, WASI) => Object.getOwnPropertyNames(WASI.prototype).sort()),
  ...['constructor', ...methods].map(key =>
    has(`descriptor of ${key}`, (_, WASI) => shape(WASI.prototype, key)),
  ),
  ...methods.map(key =>
    has(`name and length of ${key}`, (_, WASI) => [
      WASI.prototype[key]?.name,
      WASI.prototype[key]?.length,
    ]),
  ),
  has('name and length of the class', (_, WASI) => [
    WASI.name,
    WASI.length,
    Object.getOwnPropertyNames(WASI).sort(),
  ]),
  ...methods.map(key =>
    has(
      `${key} of another object`,
      (_, WASI) => (seen(() => WASI.prototype[key].call({})) as Any).thrown?.name,
    ),
  ),
  has('a subclass', (_, WASI) => {
    class Mine extends WASI {
      start(instance: Any): number {
        return super.start(instance) + 1
      }
    }
    const mine = new Mine(preview1)
    return mine.start(exits(mine, 7))
  }),

  has('descriptor of wasiImport', wasi => shape(wasi, 'wasiImport')),
  has('names of wasiImport', wasi => Object.keys(wasi.wasiImport).sort()),
  has('names of wasiImport, unstable', wasi => Object.keys(wasi.wasiImport).sort(), 'unstable'),
  has(
    'nothing hidden in wasiImport',
    wasi => Reflect.ownKeys(wasi.wasiImport).length - Object.keys(wasi.wasiImport).length,
  ),
  has('prototype of wasiImport', wasi => Object.getPrototypeOf(wasi.wasiImport) === null),
  has('a spread of wasiImport', wasi => Object.keys({ ...wasi.wasiImport }).length),
  ...['fd_write', 'proc_exit', 'sched_yield'].flatMap(key => [
    has(`descriptor of ${key}`, wasi => shape(wasi.wasiImport, key)),
    has(`${key} is a function without prototype`, wasi => [
      typeof wasi.wasiImport[key],
      'prototype' in wasi.wasiImport[key],
    ]),
    has(`name of ${key}`, wasi => wasi.wasiImport[key].name),
    has(
      `${key} of another instance`,
      (wasi, WASI) => wasi.wasiImport[key] === new WASI(preview1).wasiImport[key],
    ),
  ]),

  has('keys of the import object', wasi => Reflect.ownKeys(wasi.getImportObject())),
  has(
    'keys of the import object, unstable',
    wasi => Reflect.ownKeys(wasi.getImportObject()),
    'unstable',
  ),
  has(
    'prototype of the import object',
    wasi => Object.getPrototypeOf(wasi.getImportObject()) === null,
  ),
  has(
    'wasiImport in the import object',
    wasi => wasi.getImportObject().wasi_snapshot_preview1 === wasi.wasiImport,
  ),
  has(
    'wasiImport in the import object, unstable',
    wasi => wasi.getImportObject().wasi_unstable === wasi.wasiImport,
    'unstable',
  ),
  has('the import object anew each time', wasi => {
    const first = wasi.getImportObject()
    return first !== wasi.getImportObject()
  }),
  has('the import object after wasiImport was replaced', wasi => {
    wasi.wasiImport = { mine: true }
    return wasi.getImportObject()
  }),
]
