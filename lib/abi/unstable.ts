/** wasi_unstable, the snapshot before preview 1: the same rows, except where its layout differs. */
import { type HostcallName, type Row, table } from './table.js'
import * as t from './types.js'

const { sock_accept: _, ...shared } = table

export const table0: { readonly [Name in Exclude<HostcallName, 'sock_accept'>]: Row } = {
  ...shared,
  fd_seek: {
    ...table.fd_seek,
    params: table.fd_seek.params.map(param =>
      param.label === 'whence' ? { ...param, type: t.whence0 } : param,
    ),
  },
  fd_filestat_get: { ...table.fd_filestat_get, results: [{ label: 'buf', type: t.filestat0 }] },
  path_filestat_get: { ...table.path_filestat_get, results: [{ label: 'buf', type: t.filestat0 }] },
}
