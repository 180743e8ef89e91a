/**
 * The process that measures one row of growth on one side: SIDE FOLDER WARM TIMED ROW SIZE; or what
 * all calls allocate: SIDE FOLDER MOST TIME.
 */

import { allocated, growths, lean } from './growth.js'
import { Guest } from './guest.js'
import { type Host, openerOf } from './sides.js'

const [host, folder, first, second, row, size] = process.argv.slice(2)
const open = await openerOf(host as Host)
if (row === undefined) {
  const guest = new Guest(open, folder)
  console.log(
    JSON.stringify(
      lean.map(({ lap }) => allocated(guest, lap(guest), Number(first), Number(second))),
    ),
  )
} else {
  console.log(
    JSON.stringify(
      growths[Number(row)].measure(open, folder, Number(size), {
        warm: Number(first),
        timed: Number(second),
      }),
    ),
  )
}
