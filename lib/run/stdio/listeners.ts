/**
 * Listens to a stream once for all runs that share it: Node warns of more than ten listeners of one
 * event.
 */

/** The parts of a stream of Node that tell when it has room, and when it has failed. */
export interface Emitter {
  on(name: string, listener: (error: Error) => void): void
  off(name: string, listener: (error: Error) => void): void
}
type Event = 'drain' | 'close' | 'error'
type Listener = (error: Error) => void

/** The listeners of one event, and the one that the stream has for them. */
interface Relay {
  readonly listeners: Set<Listener>
  readonly relay: Listener
}
const relays = new WeakMap<object, Map<Event, Relay>>()

/** Calls `listener` for each event of this name. An object without events has none. */
export function listen(stream: Partial<Emitter>, name: Event, listener: Listener): void {
  const events = relays.get(stream) ?? new Map<Event, Relay>()
  relays.set(stream, events)
  let event = events.get(name)
  if (event === undefined) {
    const listeners = new Set<Listener>()
    const relay = (error: Error): void => {
      for (const each of [...listeners]) each(error)
    }
    event = { listeners, relay }
    events.set(name, event)
    stream.on?.(name, relay)
  }
  event.listeners.add(listener)
}

/** Takes `listener` back. The stream keeps nothing of the last one. */
export function unlisten(stream: Partial<Emitter>, name: Event, listener: Listener): void {
  const events = relays.get(stream)
  const event = events?.get(name)
  if (!event?.listeners.delete(listener) || event.listeners.size > 0) return
  events?.delete(name)
  stream.off?.(name, event.relay)
}
