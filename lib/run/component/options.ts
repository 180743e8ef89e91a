/** Refuses options of a run that its program cannot have: a component, or a module. */
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

/** @throws TypeError for an option that is for components */
export function checkForModule({ invoke }: Pick<Terms, 'invoke'>): void {
  if (invoke === undefined) return
  throw wrongValue(
    'options.invoke',
    'must be left out for a module, whose functions instantiate() calls',
    invoke,
  )
}
