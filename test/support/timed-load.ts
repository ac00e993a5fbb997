import { RawConnection, request } from './raw-http.js'

export interface LoadTimes {
  readonly answers: number
  /** Answers that were not 200. */
  readonly others: number
  /** ms */
  readonly p50: number
  readonly p99: number
  readonly slowest: number
}

/** Clients that ask one request after the other on a connection each, for a time. */
export async function timedLoad(
  port: number,
  target: string,
  options: { readonly ms: number; readonly clients?: number },
): Promise<LoadTimes> {
  const { ms, clients = 8 } = options
  const times: number[] = []
  let others = 0
  const end = performance.now() + ms
  const run = async (): Promise<void> => {
    const connection = new RawConnection(port)
    while (performance.now() < end) {
      const begin = performance.now()
      const { status } = await connection.write(request('GET', target)).response({ waitMs: 30_000 })
      times.push(performance.now() - begin)
      if (status !== 200) others += 1
    }
    connection.destroy()
  }
  await Promise.all(Array.from({ length: clients }, run))
  times.sort((a, b) => a - b)
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? NaN
  return { answers: times.length, others, p50: at(0.5), p99: at(0.99), slowest: at(1) }
}
