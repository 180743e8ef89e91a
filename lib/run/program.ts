/** Prepares the program of a run, a module or a component, and its form in the guest's threads. */
import { types } from 'node:util'
import {
  type CompiledModule,
  checkLimits,
  compiledOf,
  isCompiled,
} from '../guest/compiled-module.js'
import { isComponent } from '../guest/preamble.js'
import type { FramePart } from '../trap/frame-module.js'
import type { ComponentCall } from './component/invoke/call.js'
import type { PreparedComponent } from './component/prepare.js'
import type { MemoryLimits } from './module/inspect.js'
import { type ModuleSource, PreparedModule } from './module/prepare.js'
import type { Terms } from './settings.js'

/** A module or a component whose code is compiled. */
export type PreparedProgram = PreparedModule | PreparedComponent

export type ProgramTerms = Pick<
  Terms,
  'maxMemory' | 'maxTableElements' | 'threads' | 'strict' | 'cache'
>

/** Components that a pool has compiled, made when they are first wanted. */
const components = new WeakMap<CompiledModule, Promise<PreparedComponent>>()

/**
 * The component of a handle that {@link Pool.compile} made.
 * @param cache of the run that wants it
 */
export async function componentIn(
  compiled: CompiledModule,
  cache: Terms['cache'],
): Promise<PreparedComponent> {
  const { bytes, limits } = compiledOf(compiled)
  const component = components.get(compiled) ?? prepareComponent(bytes, { ...limits, cache })
  components.set(compiled, component)
  component.catch(() => components.delete(compiled))
  return component
}

async function prepareComponent(
  bytes: Uint8Array,
  terms: Pick<Terms, 'maxMemory' | 'maxTableElements' | 'cache'>,
  ended?: AbortSignal,
): Promise<PreparedComponent> {
  // Loaded with the first component.
  const { PreparedComponent } = await import('./component/prepare.js')
  return PreparedComponent.prepare(bytes, terms, ended)
}

export const isPreparedComponent = (program: PreparedProgram): program is PreparedComponent =>
  !(program instanceof PreparedModule)

/**
 * Compiles a module or a component in the background.
 * @param ended ends the work that can be ended, when the run has
 * @param visibly makes the state of an instance readable, for snapshots
 */
export async function prepareProgram(
  source: ModuleSource,
  terms: ProgramTerms,
  ended?: AbortSignal,
  visibly = false,
): Promise<PreparedProgram> {
  if (types.isUint8Array(source) && isComponent(source))
    return prepareComponent(source, terms, ended)
  if (!isCompiled(source) || !isComponent(compiledOf(source).bytes))
    return PreparedModule.prepare(source, terms, visibly)
  checkLimits(source, terms)
  return componentIn(source, terms.cache)
}

/** A module as the threads of its guest get it. */
export interface ModuleProgram {
  readonly module: WebAssembly.Module
  /** Bytes by which the limits that were written into it moved its code. */
  readonly moved: number
  /**
   * The memory that the module imports, if the threads share it; else the limits of that memory.
   */
  readonly memory: WebAssembly.Memory | MemoryLimits | undefined
  /** The state of its instances is visible, for snapshots. */
  readonly visible: boolean
}

/** A core module of a component. */
export interface CoreProgram {
  readonly name: string
  readonly module: WebAssembly.Module
  readonly moved: number
  /** The most instances for which its limits are. */
  readonly instances: number
}

/** A component as the thread of its guest gets it. */
export interface ComponentProgram {
  /** A script whose value is jco's function `instantiate`. */
  readonly code: string
  readonly modules: readonly CoreProgram[]
  /** The names of its imports, with their versions. */
  readonly imports: readonly string[]
  readonly call: ComponentCall
  /** True if the result of the call is written to standard output; false for a command. */
  readonly invoked: boolean
}

export type Program = ModuleProgram | ComponentProgram

export const isComponentProgram = (program: Program): program is ComponentProgram =>
  'code' in program

/** The modules whose frames a stack may have, as they are in a thread. */
export const partsOf = (program: Program): readonly FramePart[] =>
  isComponentProgram(program) ? program.modules : [program]

/** The modules of a prepared program, with their bytes where these are known. */
export const framePartsOf = (prepared: PreparedProgram): readonly FramePart[] =>
  isPreparedComponent(prepared)
    ? prepared.modules.map(({ bytes, moved }) => ({ module: bytes, moved }))
    : [{ module: prepared.bytes ?? prepared.module, moved: prepared.moved }]
