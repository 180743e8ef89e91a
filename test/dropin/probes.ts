/** The one list of probes. */
import type { Probe } from './probe.js'
import { construction } from './probes/constructor.js'
import { descriptors } from './probes/descriptors.js'
import { exit, processes } from './probes/exit.js'
import { given } from './probes/given.js'
import { imports } from './probes/imports.js'
import { pathProbes } from './probes/paths.js'
import { properties } from './probes/properties.js'
import { starting } from './probes/starting.js'

export const probes: readonly Probe[] = [
  ...processes,
  ...construction,
  ...properties,
  ...starting,
  ...exit,
  ...imports,
  ...given,
  ...descriptors,
  ...pathProbes,
]
