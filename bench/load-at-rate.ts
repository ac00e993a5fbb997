import { Agent, request } from 'node:http'

export interface RateResult {
  /** Milliseconds of each request from when it was due to the end of its answer, in ascending order. */
  readonly latencies: readonly number[]
  readonly failures: number
}

const TICK_MS = 5

/**
 * Sends GET requests at a steady rate, whether or not those before have been answered, and waits for the answers: a
 * service that does not keep up is seen as its clients see it.
 */
export async function loadAtRate(port: number, path: string, perSecond: number, seconds: number): Promise<RateResult> {
  const agent = new Agent({ keepAlive: true })
  const latencies: number[] = []
  const answers: Promise<void>[] = []
  let failures = 0
  const send = (dueMs: number): Promise<void> =>
    new Promise((resolve) => {
      const end = (failed: boolean): void => {
        if (failed) failures++
        else latencies.push(performance.now() - dueMs)
        resolve()
      }
      const sent = request({ host: '127.0.0.1', port, path, agent }, (response) => {
        response.resume()
        response.on('end', () => end(response.statusCode !== 200)).on('error', () => end(true))
      })
      sent.on('error', () => end(true)).end()
    })
  const startedMs = performance.now()
  const total = Math.round(perSecond * seconds)
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(total, Math.floor(((performance.now() - startedMs) / 1000) * perSecond))
      while (answers.length < due) answers.push(send(startedMs + (answers.length / perSecond) * 1000))
      if (answers.length < total) return
      clearInterval(timer)
      resolve()
    }, TICK_MS)
  })
  await Promise.all(answers)
  agent.destroy()
  return { latencies: latencies.sort((a, b) => a - b), failures }
}
