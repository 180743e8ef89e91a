/** Refuses options of a run that a component cannot have. */
import { wrongValue } from '../../validate.js'
import type { AnyRunOptions } from '../options.js'
import type { Terms } from '../settings.js'

/** @throws TypeError for an option that is for modules */
export function checkForComponent(
  { threads, imports }: Pick<Terms, 'threads' | 'imports'>,
  version: AnyRunOptions['version'],
): void {
  const refuse = (name: string, expected: string, value: unknown): never => {
    throw wrongValue(`options.${name}`, `must be ${expected} for a component`, value)
  }
  if (threads > 0) refuse('threads', '0', threads)
  if (imports !== undefined) refuse('imports', 'left out', imports)
  if (version !== undefined) refuse('version', 'left out', version)
}
