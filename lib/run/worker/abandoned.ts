/** The worker threads that were terminated and have not ended in time. */

/** Node's own end waits for each of them: a program that has to end now uses `exitNow`. */
export const abandoned = new Set<object>()
