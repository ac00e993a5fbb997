import cluster from 'node:cluster'
import { Channel } from './channel.js'

/** What a worker has of its own. */
export interface OwnProcess {
  readonly channel: Channel
  /** The place of this worker, from 1. */
  readonly place: number
}

export const PLACE_VARIABLE = 'PROTOBRIDGE_WORKER'
/** The first word of a worker: from then on it hears. */
const HELLO = 'hello'

/**
 * To be called first thing in a worker. Signals are the primary's: a terminal or a supervisor sends them to every process of
 * the group, and the workers then hear from the primary what to do.
 * @param onOrphaned the primary is gone without a word; by default a worker of node:cluster ends at once, whatever is under way
 */
export function beWorker(onOrphaned: () => void): OwnProcess {
  const { worker } = cluster
  if (worker === undefined || process.send === undefined) throw new Error('this process is no worker')
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined)
  // Something loaded before may have let go of it (`node --import`).
  process.channel?.ref()
  // node:cluster ends a worker that loses its primary, unless this says that it is meant to end anyway.
  worker.exitedAfterDisconnect = true
  process.on('disconnect', onOrphaned)
  const channel = new Channel({
    send: (message, onSent) => {
      if (process.connected) process.send!(message, undefined, undefined, onSent)
      else onSent(new Error('the primary is gone'))
    },
    onMessage: (listener) => void process.on('message', listener),
    onEnd: (listener) => void process.on('disconnect', listener),
  })
  process.send({ [HELLO]: true })
  return { channel, place: Number(process.env[PLACE_VARIABLE]) }
}
