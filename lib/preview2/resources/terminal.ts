/** The terminals of `wasi:cli`, which have no functions: that they exist is all they tell. */
import { Resource } from './resource.js'

export class TerminalInput extends Resource {
  override readonly kind = 'terminal-input'
}
export class TerminalOutput extends Resource {
  override readonly kind = 'terminal-output'
}
