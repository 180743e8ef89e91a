/** Traces, counts and limits of the calls of a component. */
import type { Settings } from '../options/settings.js'
import type { InterfaceCalls } from './bindings.js'
import type { Component } from './component.js'
import type { InterfaceName } from './wit/table.js'

/** Returns what wraps the calls of an interface as the settings want. */
export function observed(
  _component: Component,
  _settings: Settings,
): (name: InterfaceName, calls: InterfaceCalls) => InterfaceCalls {
  return (_name, calls) => calls
}
