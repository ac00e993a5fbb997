import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { startEchoProcess } from '../echo-process.js'
import type { EchoServer } from '../echo-server.js'

const folder = dirname(fileURLToPath(import.meta.url))
const program = join(folder, '..', '..', '..', '..', '.tools', 'go-interop', 'go-interop')

export function hasInteropServer(): boolean {
  return existsSync(program)
}

export interface InteropServer {
  readonly port: number
  close(): void
}

/** The echo service of echo-server.ts in Go: go/echo.go. */
export function startGoEchoServer(...options: string[]): Promise<EchoServer> {
  return startEchoProcess(program, ['-echo', ...options])
}

/** What Go's HPACK encoder makes of header blocks (name, value, …), one after the other on one connection. */
export function encodeWithGo(blocks: readonly (readonly string[])[]): Buffer[] {
  // Octets beyond ASCII would come out of JSON as two.
  const printed = execFileSync(program, ['-hpack'], { input: JSON.stringify(blocks), encoding: 'latin1' })
  // A block without fields is an empty line.
  return printed
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => Buffer.from(line, 'hex'))
}

/** The server of gRPC's interoperability cases in Go: go/main.go. */
export async function startInteropServer(...args: string[]): Promise<InteropServer> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the interop server ended with ${String(code)}`)))
    createInterface({ input: child.stdout }).once('line', (line) => resolve(Number(line)))
  })
  return { port, close: () => void child.kill('SIGKILL') }
}
