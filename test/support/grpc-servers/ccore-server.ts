import { spawn, spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { EchoServer } from './echo-server.js'

const folder = dirname(fileURLToPath(import.meta.url))
const packages = join(folder, '..', '..', '..', '.tools', 'grpcio')
const env = { ...process.env, PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1' }

/** True where there is a python3 with grpcio: the system's, or what `scripts/get-grpcio.mjs` fetched. */
export function hasGrpcio(): boolean {
  return spawnSync('python3', ['-c', 'import grpc'], { env }).status === 0
}

/** Starts `ccore_server.py` in a process of its own; see there for the options. */
export async function startCcoreServer(...options: string[]): Promise<EchoServer> {
  const child = spawn('python3', [join(folder, 'ccore_server.py'), ...options], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const echo = { port: 0, cancelled: 0, arrived: 0, lastAuthority: '', close: () => void child.kill('SIGKILL') }
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`ccore_server.py ended with ${code}`)))
    createInterface(child.stdout).on('line', (line) => {
      const [event, value = ''] = line.split(' ')
      if (event === 'arrived') echo.arrived += 1
      if (event === 'cancelled') echo.cancelled += 1
      if (event === 'authority') echo.lastAuthority = value
      if (event === 'port') {
        echo.port = Number(value)
        resolve()
      }
    })
  })
  return echo
}
