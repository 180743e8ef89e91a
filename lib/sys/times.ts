/**
 * Conversion of the host's times to those of a guest, which counts nanoseconds since 1970 without a
 * sign.
 */

const latest = 2n ** 64n - 1n

/**
 * Earlier times become 1970, and those beyond 2554 the last that fits. native/posix/filestat.cc and
 * native/windows/disk.cc do the same.
 */
export function guestTime(nanoseconds: bigint): bigint {
  if (nanoseconds < 0n) return 0n
  return nanoseconds > latest ? latest : nanoseconds
}
