import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const folder = dirname(fileURLToPath(import.meta.url))
const program = join(folder, '..', '..', '..', '..', '.tools', 'go-interop', 'go-interop')

export function hasInteropServer(): boolean {
  return existsSync(program)
}

export interface InteropServer {
  readonly port: number
  close(): void
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
