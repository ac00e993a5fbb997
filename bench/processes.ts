import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A server of `bench/servers`, in a process of its own, and where it listens on loopback. */
export interface Started {
  readonly child: ChildProcess
  readonly port: number
}

/** @param name of its file; it tells its port by IPC when it is ready */
export function start(
  name: string,
  env: Readonly<Record<string, string>>,
  execArgv: readonly string[] = [],
): Promise<Started> {
  const file = fileURLToPath(new URL(`./servers/${name}.js`, import.meta.url))
  const child = fork(file, {
    execArgv: [...execArgv],
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  return new Promise((resolve, reject) => {
    child.once('message', (message: { port: number }) => resolve({ child, port: message.port }))
    child.once('exit', (code) => reject(new Error(`${name} ended with ${String(code)}`)))
  })
}

/** User and system time of the process so far, µs. */
export function cpuOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('message', ({ cpu }: { cpu: NodeJS.CpuUsage }) => resolve(cpu.user + cpu.system))
    child.send('cpu')
  })
}

export interface Memory {
  /** What the system has given to the process, and V8 may keep for later. */
  readonly rss: number
  /** What objects and buffers take. */
  readonly held: number
}

/** Memory of the process, bytes; of one started with `--expose-gc` without its garbage. */
export function memoryOf(child: ChildProcess): Promise<Memory> {
  return new Promise((resolve) => {
    child.once('message', (memory: Memory) => resolve(memory))
    child.send('memory')
  })
}

/** A whole HTTP/1.1 request, as it goes over the wire. */
export function httpRequest(method: string, target: string, body = ''): Buffer {
  const headers = body === '' ? '' : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`
  return Buffer.from(
    `${method} ${target} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: application/json\r\n${headers}\r\n${body}`,
  )
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN
}
