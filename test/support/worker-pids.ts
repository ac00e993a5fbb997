import { readFileSync } from 'node:fs'
import { until } from './calls.js'

/** A row of `workers` in `/status`. */
export interface WorkerRow {
  readonly worker: number
  readonly pid: number | null
  readonly state: string
  readonly restarts: number
  readonly lastExit: string | null
  readonly generation?: number
  readonly memoryBytes?: number
}

export async function workersOf(admin: string): Promise<readonly WorkerRow[]> {
  const status = (await (await fetch(`${admin}/status`, { headers: { accept: 'application/json' } })).json()) as {
    readonly workers: readonly WorkerRow[]
  }
  return status.workers
}

/** Waits until all workers serve, and have told so. */
export async function untilAllServe(admin: string, timeoutMs = 15_000): Promise<readonly WorkerRow[]> {
  const end = Date.now() + timeoutMs
  for (;;) {
    const rows = await workersOf(admin)
    if (rows.every(({ state, generation }) => state === 'serving' && generation !== undefined)) return rows
    if (Date.now() > end) throw new Error(`not all serve: ${JSON.stringify(rows)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    // Where the process that inherits orphans does not look after them, they stay as zombies.
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return process.platform !== 'linux'
  }
}

export async function untilGone(pids: readonly number[], timeoutMs = 10_000): Promise<void> {
  await until(() => !pids.some(isAlive), `the end of ${pids.join(', ')}`, timeoutMs)
}
