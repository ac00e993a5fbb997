import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { load } from './load.js'
import { httpRequest, median, start } from './processes.js'
import { benchProto, protoRoots } from './servers/proto.js'

/*
 * `workers: 2` beside 1, as `protobridge serve` runs them: requests a second, CPU per request of all their processes, and the time
 * from the start of the command to its ready line; of two, the time from the SIGKILL of one to another that listens. The load and the upstream run on the same cores: on a machine of two, two
 * workers have little to win.
 */

const MAIN = fileURLToPath(new URL('../src/cli/main.js', import.meta.url))
const CONNECTIONS = 64
const REQUEST = httpRequest('GET', '/v1/items/1?page_size=2')
/** Of /proc: USER_HZ, which Linux has as 100 everywhere. */
const TICK_US = 10_000
const POLL_MS = 10

/** A row of `/status`. */
interface Worker {
  readonly pid: number
  readonly restarts: number
  readonly state: string
}

/** @returns the number of failed requests */
export async function benchWorkers({ seconds, rounds }: { seconds: number; rounds: number }): Promise<number> {
  const upstream = await start('fast-upstream', {})
  const folder = mkdtempSync(join(tmpdir(), 'protobridge-workers-'))
  let failed = 0
  try {
    for (const workers of [1, 2]) {
      const runs: Awaited<ReturnType<typeof measure>>[] = []
      for (let round = 0; round < rounds; round++) runs.push(await measure(folder, workers, upstream.port, seconds))
      failed += runs.reduce((sum, run) => sum + run.failures, 0)
      const of = (part: 'rate' | 'costUs' | 'readyMs' | 'backMs'): number => median(runs.map((run) => run[part]))
      console.log(
        `  workers: ${workers}  ${of('rate').toFixed(0).padStart(6)}/s  ${of('costUs').toFixed(1).padStart(6)} µs CPU/request, ` +
          `ready after ${of('readyMs').toFixed(0)} ms${workers === 1 ? '' : `, a killed one replaced after ${of('backMs').toFixed(0)} ms`}`,
      )
    }
  } finally {
    upstream.child.kill()
    rmSync(folder, { recursive: true })
  }
  return failed
}

async function measure(folder: string, workers: number, upstreamPort: number, seconds: number) {
  const file = join(folder, 'gw.json')
  const config = {
    listen: { host: '127.0.0.1', port: 0 },
    admin: { port: 0 },
    schema: [{ protos: [benchProto], roots: protoRoots }],
    upstreams: { echo: { target: `static:///127.0.0.1:${upstreamPort}`, services: ['bench.v1.*'] } },
    telemetry: { traces: 'none', metrics: 'none', accessLog: 'none' },
    watch: false,
    workers,
  }
  writeFileSync(file, JSON.stringify(config))
  const began = performance.now()
  const child = spawn(process.execPath, [MAIN, 'serve', '--config', file], { stdio: ['ignore', 'pipe', 'pipe'] })
  try {
    const { port, admin } = await addressesOf(child)
    const readyMs = performance.now() - began
    await load(port, REQUEST, CONNECTIONS, Math.min(1, seconds))
    const before = cpuUs(child.pid!)
    const { requests, failures, seconds: taken } = await load(port, REQUEST, CONNECTIONS, seconds)
    const costUs = (cpuUs(child.pid!) - before) / requests
    const backMs = workers === 1 ? 0 : await timeReplacement(admin)
    return { rate: requests / taken, costUs, readyMs, backMs, failures }
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
  }
}

function addressesOf(child: ChildProcess): Promise<{ readonly port: number; readonly admin: string }> {
  return new Promise((resolve, reject) => {
    let text = ''
    const onText = (chunk: Buffer): void => {
      text += chunk.toString()
      const port = /ready on http:\/\/[^:]+:(\d+)/.exec(text)?.[1]
      const admin = /admin on (\S+)\n/.exec(text)?.[1]
      if (port !== undefined && admin !== undefined) resolve({ port: Number(port), admin })
    }
    child.stdout!.on('data', onText)
    child.stderr!.on('data', onText)
    child.once('exit', (code) => reject(new Error(`the gateway ended with ${String(code)}`)))
  })
}

/** Kills the first worker. @returns ms until another serves in its place */
async function timeReplacement(admin: string): Promise<number> {
  const first = async (): Promise<Worker> => {
    const { workers } = (await (await fetch(`${admin}/status`)).json()) as { readonly workers: readonly Worker[] }
    return workers[0]!
  }
  const { pid, restarts } = await first()
  const killed = performance.now()
  process.kill(pid, 'SIGKILL')
  for (;;) {
    const now = await first()
    if (now.restarts > restarts && now.state === 'serving') return performance.now() - killed
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/** Of a process and its children so far. */
function cpuUs(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
  return [String(pid), ...children].filter((id) => id !== '').reduce((sum, id) => sum + ownCpuUs(id), 0)
}

function ownCpuUs(pid: string): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name may have blanks and brackets: what follows its last bracket begins with the third field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_US
}
