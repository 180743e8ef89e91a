/**
 * @ruby/prism: a parser as a reactor, used by its own package's code over an instance with our
 * WASI.
 */
/// <reference path="../../lib/webassembly.d.ts" />

import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DefNode } from '@ruby/prism/src/nodes.js'
import { parsePrism } from '@ruby/prism/src/parsePrism.js'
import { Visitor } from '@ruby/prism/src/visitor.js'
import test from 'ava'
import { WASI } from 'wasi-common'
import { prism } from '#guests/modules.js'
import { type Backend, backends, scratch } from './cli.js'

const module = new WebAssembly.Module(readFileSync(prism()))

/** Exports that prism's own code and the test below call; the module exports hundreds more. */
interface Exports {
  memory: { readonly buffer: ArrayBuffer }
  calloc(count: number, size: number): number
  pm_string_sizeof(): number
  pm_string_file_init(string: number, path: number): number
  pm_string_source(string: number): number
  pm_string_length(string: number): number
}

function start(backend: Backend, preopens: Record<string, string> = {}): Exports {
  const wasi = new WASI({ version: 'preview1', preopens, backend })
  // The module imports 45 functions, nearly all of preview 1: none may be missing here.
  const instance = new WebAssembly.Instance(module, wasi.getImportObject())
  wasi.initialize(instance)
  return instance.exports as unknown as Exports
}

const source = `# a comment
class Adder
  def add(a, b) = a + b
end
puts Adder.new.add(1, 2)
`

class Methods extends Visitor {
  readonly names: string[] = []
  override visitDefNode(node: DefNode): void {
    this.names.push(node.name)
  }
}

type Parsable = Parameters<typeof parsePrism>[0]

for (const backend of backends) {
  test(`prism parses Ruby to a tree (${backend})`, t => {
    const { value, comments, errors } = parsePrism(start(backend) as unknown as Parsable, source)
    const kinds = value.statements.body.map((node: object) => node.constructor.name)
    t.deepEqual(kinds, ['ClassNode', 'CallNode'])
    const methods = new Methods()
    methods.visit(value)
    t.deepEqual(methods.names, ['add'])
    t.is(comments.length, 1)
    t.deepEqual(errors, [])
  })

  test(`prism reports mistakes (${backend})`, t => {
    const { errors } = parsePrism(start(backend) as unknown as Parsable, 'def (')
    t.true(
      errors.some((error: { message: string }) => error.message.includes('expected a method name')),
    )
  })

  test(`prism reads a file itself, and only inside the preopen (${backend})`, t => {
    const folder = scratch(t)
    const outside = join(scratch(t), 'outside.rb')
    writeFileSync(join(folder, 'adder.rb'), source)
    writeFileSync(outside, 'secret')
    symlinkSync(outside, join(folder, 'link.rb'))
    const guest = start(backend, { '/work': folder })

    /** The file's text, or undefined if it could not be read. */
    const read = (path: string): string | undefined => {
      const bytes = new TextEncoder().encode(path)
      const at = guest.calloc(bytes.length + 1, 1)
      new Uint8Array(guest.memory.buffer).set(bytes, at)
      const string = guest.calloc(1, guest.pm_string_sizeof())
      if (guest.pm_string_file_init(string, at) !== 0) return undefined
      return new TextDecoder().decode(
        new Uint8Array(
          guest.memory.buffer,
          guest.pm_string_source(string),
          guest.pm_string_length(string),
        ),
      )
    }
    t.is(read('/work/adder.rb'), source)
    t.is(read('/work/missing.rb'), undefined)
    t.is(read('/work/link.rb'), undefined)
    t.is(read('/work/../outside.rb'), undefined)
    t.is(read(outside), undefined)
  })
}
