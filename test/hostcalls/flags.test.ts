/** Sync flags of an open file, which are as they were when it was opened. */
import test from 'ava'
import { ALL, each, Fdflags, Oflags } from './fixture.js'

const { APPEND, DSYNC, NONBLOCK, RSYNC, SYNC } = Fdflags

each(
  test,
  'fd_fdstat_set_flags: refuses to add sync flags, and keeps those of the file',
  {},
  (t, w) => {
    w.write('f', 'text')
    const fd = w.open('f', { base: ALL })
    for (const flags of [SYNC, DSYNC, RSYNC, SYNC | APPEND])
      t.is(w.call('fd_fdstat_set_flags', fd, flags), 'NOTSUP', `${flags}`)
    t.like(w.fdstat(fd), { fdflags: 0 })
    const syncing = w.open('f', { base: ALL, fdflags: SYNC | DSYNC })
    t.like(w.fdstat(syncing), { fdflags: SYNC | DSYNC })
    for (const flags of [0, SYNC, DSYNC, SYNC | DSYNC]) {
      t.is(w.call('fd_fdstat_set_flags', syncing, flags), 'SUCCESS', `${flags}`)
      t.like(w.fdstat(syncing), { fdflags: SYNC | DSYNC })
    }
    t.is(w.call('fd_fdstat_set_flags', syncing, APPEND), 'SUCCESS')
    t.like(w.fdstat(syncing), { fdflags: SYNC | DSYNC | APPEND })
    t.is(w.put(syncing, '!'), 1)
    t.is(w.text('f'), 'text!')
    t.is(w.call('fd_fdstat_set_flags', syncing, RSYNC), 'NOTSUP')
    const dir = w.open('.', { oflags: Oflags.DIRECTORY, base: ALL & ~64n })
    t.is(w.call('fd_fdstat_set_flags', dir, SYNC), 'NOTSUP')
    t.is(w.call('fd_fdstat_set_flags', dir, NONBLOCK), 'SUCCESS')
  },
)
