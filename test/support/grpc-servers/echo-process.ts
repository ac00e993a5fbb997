import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { EchoServer } from './echo-server.js'

/**
 * Starts a server of test.Echo in another language, which prints `port N` when it listens, and then a line for each event that
 * tests count: `arrived`, `cancelled`, `authority NAME`.
 */
export async function startEchoProcess(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<EchoServer> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const echo = { port: 0, cancelled: 0, arrived: 0, lastAuthority: '', close: () => void child.kill('SIGKILL') }
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`${program} ended with ${String(code)}`)))
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
