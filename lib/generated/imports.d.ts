/** The imports, as scripts/imports.js writes them from the tables when the package is built. */
import type { CallName } from '../abi/table.js'
import type { Gate } from '../gate.js'

export declare const gates: { readonly [Name in CallName]: Gate }
export declare const gates0: { readonly [Name in Exclude<CallName, 'sock_accept'>]: Gate }
