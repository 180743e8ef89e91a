/** The numbers and the paths by which a trace names the resources of a component. */
import { joined, shortened } from '../../observe/descriptor-paths.js'
import { bracketed } from '../../observe/printable.js'
import type { Component } from '../component.js'
import type { OpenFile } from '../resources/open-file.js'
import type { Resource } from '../resources/resource.js'
import type { Shown } from './shown.js'

export class Known {
  readonly #component: Component
  readonly #numbers = new WeakMap<Resource, number>()
  readonly #paths = new WeakMap<OpenFile, string>()
  #last = 0
  constructor(component: Component) {
    this.#component = component
  }

  /**
   * Returns the number of a resource, in the order in which the trace meets them: the host's own
   * numbers are used again.
   */
  numberOf(resource: Resource): number {
    const known = this.#numbers.get(resource)
    if (known !== undefined) return known
    this.#numbers.set(resource, ++this.#last)
    return this.#last
  }

  /**
   * Returns the path of the file of a descriptor or a stream: the name of the preopen, then the
   * path by which the component opened it.
   */
  pathOf(resource: Resource): string | undefined {
    const { file } = resource as Resource & { readonly file?: OpenFile }
    return file && (this.#paths.get(file) ?? this.#givenName(file))
  }
  #givenName(file: OpenFile): string | undefined {
    const { preopens, stdin, stdout, stderr } = this.#component.given
    if (file === stdin) return 'stdin'
    if (file === stdout) return 'stdout'
    if (file === stderr) return 'stderr'
    return preopens.find(([given]) => given === file)?.[1]
  }

  /** Shows a resource, as `3</data>`. */
  readonly show = (resource: Resource): Shown => {
    const path = this.pathOf(resource)
    const number = this.numberOf(resource)
    return { text: `${number}${path === undefined ? '' : bracketed(path)}`, json: number }
  }

  /** Keeps the path of a file that was opened in a directory. */
  opened(directory: Resource, path: string, opened: Resource & { readonly file: OpenFile }): void {
    const base = this.pathOf(directory)
    if (base !== undefined) this.#paths.set(opened.file, shortened(joined(base, path)))
  }
}
