/*
 * zlib's work for large bodies, done on the thread pool of libuv. That has four threads by default, and files and host
 * names wait for them too: so only so many bodies at a time, the others in turn.
 */

export interface ZlibJob {
  /** False once nobody waits for the outcome: then it is not begun. */
  isWanted(): boolean
  /** Begins, and says when it is over. What it throws, having begun nothing, goes to `fail`. */
  run(onOver: () => void): void
  fail(error: unknown): void
}

const MAX_RUNNING = 3

let running = 0
const waiting = new Set<ZlibJob>()

/** Runs a job as soon as there is room. */
export function enqueue(job: ZlibJob): void {
  waiting.add(job)
  next()
}

function next(): void {
  for (const job of waiting) {
    if (running >= MAX_RUNNING) return
    waiting.delete(job)
    if (job.isWanted()) start(job)
  }
}

function start(job: ZlibJob): void {
  running++
  const onOver = (): void => {
    running--
    next()
  }
  try {
    job.run(onOver)
  } catch (error) {
    onOver()
    job.fail(error)
  }
}
