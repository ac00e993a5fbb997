import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startEchoProcess } from './echo-process.js'
import type { EchoServer } from './echo-server.js'

const folder = dirname(fileURLToPath(import.meta.url))
const packages = join(folder, '..', '..', '..', '.tools', 'grpcio')
const env = { ...process.env, PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1' }

/** True where there is a python3 with grpcio: the system's, or what `scripts/get-grpcio.mjs` fetched. */
export function hasGrpcio(): boolean {
  return spawnSync('python3', ['-c', 'import grpc'], { env }).status === 0
}

/** Starts `ccore_server.py` in a process of its own; see there for the options. */
export function startCcoreServer(...options: string[]): Promise<EchoServer> {
  return startEchoProcess('python3', [join(folder, 'ccore_server.py'), ...options], env)
}
