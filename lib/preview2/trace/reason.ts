/** The reason of a `not-permitted`: the component or symlink by which a path leaves its directory. */
import { Errno } from '../../abi/errno.js'
import { maxPath } from '../../abi/layout.js'
import { Oflags } from '../../abi/values.js'
import { escapeReason, isAbsolute, type ReadLink } from '../../observe/escape-reason.js'
import type { Component } from '../component.js'
import { DescriptorResource } from '../resources/descriptor.js'
import type { Argument } from './arguments.js'
import type { Known } from './known.js'

/** Bytes of the longest path. */
const room = maxPath + 1
/** A path at 0, and the target of a symlink behind it. */
let scratch: Uint8Array | undefined

/**
 * Explains the refusal of a call. It reads symlinks by the component's own descriptor, so that
 * nothing outside of it can be reached. A fault in the explanation leaves it out: the answer to the
 * component is known already.
 */
export function reasonOf(
  component: Component,
  known: Known,
  name: string,
  args: readonly Argument[],
): string | undefined {
  const paths = args.filter(({ label, bytes }) => bytes !== undefined && label.endsWith('path'))
  const argument = (label: string): unknown => args.find(arg => arg.label === label)?.value
  const exclusive = Oflags.CREAT | Oflags.EXCL
  const creates = (Number(argument('open-flags') ?? 0) & exclusive) === exclusive
  const targetIsAbsolute = 'the target is absolute'
  try {
    for (const { label, bytes } of paths) {
      const path = Buffer.from(bytes as Uint8Array).toString('latin1')
      const flags = Number(argument(label === 'path' ? 'path-flags' : `${label}-flags`) ?? 0)
      const directory = (label === 'new-path' && argument('new-descriptor')) || argument('self')
      if (!(directory instanceof DescriptorResource)) return undefined
      const reason =
        label === 'old-path' && name.endsWith('symlink-at')
          ? // The target of a new symlink is stored as it is.
            isAbsolute(path) && targetIsAbsolute
          : escaped(component, known, directory, path, flags !== 0 && !creates)
      if (reason) return paths.length > 1 ? `${label}: ${reason}` : reason
    }
  } catch {}
  return name.endsWith('readlink-at') ? targetIsAbsolute : undefined
}

function escaped(
  { context: { memory } }: Component,
  known: Known,
  directory: DescriptorResource,
  path: string,
  follow: boolean,
): string | undefined {
  scratch ??= new Uint8Array(2 * room)
  const bytes = scratch
  const { fd } = directory.file
  const readLink: ReadLink = name => {
    bytes.set(Buffer.from(name, 'latin1'))
    const size = fd.readlink(0, name.length, room, room)
    if (size >= 0) return Buffer.from(bytes.subarray(room, room + size)).toString('latin1')
    return size === -Errno.INVAL ? false : undefined
  }
  const from = `descriptor ${known.show(directory).text}`
  return memory.lend(bytes, () => escapeReason(path, follow, from, readLink))
}
