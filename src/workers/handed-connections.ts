import cluster, { type Worker } from 'node:cluster'

/** What node:cluster says to a worker with each connection, and what the worker answers before it reads from it. */
interface Handover {
  readonly cmd: 'NODE_CLUSTER'
  readonly act: 'newconn'
  readonly seq: number
}

/**
 * Sees to the connections that node:cluster has handed to a worker which ends before it has taken them. node:cluster waits for
 * its word for ever, and keeps the connection open meanwhile: the client would never be answered. As a worker gives its word before
 * it reads, nothing of such a connection has been read: another worker can have it. That is what node:cluster itself does with one that
 * a worker refuses, so the refusal is said in place of the worker that cannot.
 *
 * The form of these messages is node:cluster's own (the same from Node 20 to 26). Were it another, nothing would be seen here.
 * @param hasOther whether another worker accepts connections; where none does, they are closed
 */
export function takeBackConnections(worker: Worker, hasOther: () => boolean): void {
  const { process: child } = worker
  const untaken = new Set<number>()
  const send = child.send.bind(child) as (...args: unknown[]) => boolean
  child.send = (...args: unknown[]) => {
    const [message] = args
    if (isHandover(message)) untaken.add(message.seq)
    return send(...args)
  }
  child.on('internalMessage', (message: { readonly ack?: number }) => {
    if (message.ack !== undefined) untaken.delete(message.ack)
  })
  whenLineEnds(worker, () => {
    // Where the line ends in the middle of handing over, node:cluster is not told, and would go on to hand over to nobody.
    if (cluster.workers?.[worker.id] === worker) worker.disconnect()
    const seqs = [...untaken]
    untaken.clear()
    for (const ack of seqs) child.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack, accepted: !hasOther() })
  })
}

/**
 * Calls back once everything that a worker has sent has been heard, and nothing can be sent to it any more. `disconnect` is not told
 * of a worker that ends while a connection is on its way to it, and `exit` may come before its last words.
 */
export function whenLineEnds({ process: child }: Worker, onEnd: () => void): void {
  let hasEnded = false
  const check = (): void => {
    if (hasEnded || child.connected) return
    hasEnded = true
    onEnd()
  }
  for (const event of ['disconnect', 'exit', 'close'] as const) child.on(event, check)
}

function isHandover(message: unknown): message is Handover {
  const { cmd, act, seq } = message as Partial<Handover>
  return cmd === 'NODE_CLUSTER' && act === 'newconn' && typeof seq === 'number'
}
