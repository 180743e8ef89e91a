/** The sides of the comparison, and the host of each that is JavaScript. */

/** In the order in which they take turns. The floor is C with bare system calls. */
export const sides = ['floor', 'native', 'typescript', 'node:wasi'] as const
export type Side = (typeof sides)[number]
export type Host = Exclude<Side, 'floor'>
export const hosts = ['native', 'typescript', 'node:wasi'] as const satisfies readonly Host[]

export interface Options {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly preopens?: Readonly<Record<string, string>>
  readonly stdin?: number
  readonly stdout?: number
  readonly stderr?: number
  readonly returnOnExit?: boolean
  /** Descriptors that it may have open, where there is such a limit. */
  readonly descriptors?: number
}
/** The common part of both classes called WASI. */
export interface Wasi {
  readonly wasiImport: Record<string, (...args: unknown[]) => number>
  getImportObject(): Record<string, Record<string, unknown>>
  start(instance: object): number
  initialize(instance: object): void
  /** node:wasi has none. */
  close?(): void
}
export type Open = (options: Options) => Wasi

/** Returns the constructor of this side's WASI. Each side loads no more than its own. */
export async function openerOf(host: Host): Promise<Open> {
  if (host === 'node:wasi') {
    const { WASI } = await import('node:wasi')
    return ({ descriptors: _, ...options }) =>
      new WASI({ version: 'preview1', ...options } as never) as unknown as Wasi
  }
  const common = await import('wasi-common')
  return ({ descriptors, ...options }) =>
    new common.WASI({
      ...{ version: 'preview1', backend: host, ...options },
      limits: descriptors === undefined ? {} : { descriptors },
    }) as unknown as Wasi
}
