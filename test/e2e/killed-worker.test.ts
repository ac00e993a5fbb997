import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { serve, type Command } from '../support/command.js'
import { echoProject, startEchoUpstream, type EchoUpstream } from '../support/echo-project.js'
import type { Project } from '../support/project.js'
import { RawConnection, request } from '../support/raw-http.js'
import { untilAllServe } from '../support/worker-pids.js'

/* node:cluster hands a connection to a worker that dies before it takes it. A stopped process is one that takes nothing. */

const CONNECTIONS = 8

let upstream: EchoUpstream
let project: Project
let command: Command
const connections: RawConnection[] = []

beforeAll(async () => {
  upstream = await startEchoUpstream()
  project = echoProject(upstream.target, 'workers: 2\nwatch: false\ntelemetry: { accessLog: none }')
  command = await serve(['--config', 'gw.yaml'], { cwd: project.path })
}, 40_000)
afterEach(() => {
  for (const connection of connections.splice(0)) connection.destroy()
})
afterAll(async () => {
  await command.stop()
  await upstream.stop()
  project.remove()
})

/** The status of the answer on each of some new connections, or that there was none. */
function ask(): Promise<readonly (number | string)[]> {
  return Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const connection = new RawConnection(command.port)
      connections.push(connection)
      try {
        return (await connection.write(request('GET', '/v1/echo/a')).response({ waitMs: 15_000 })).status
      } catch (error) {
        return (error as Error).message
      }
    }),
  )
}

/** Until the primary has accepted what was opened: it answers to what came after. */
const untilAccepted = async (): Promise<void> => void (await fetch(`${command.admin}/livez`))

test('connections that a worker has not taken when it is killed are answered by another', async () => {
  const [first, second] = await untilAllServe(command.admin)
  process.kill(first!.pid!, 'SIGSTOP')
  const answers = ask()
  await untilAccepted()
  process.kill(first!.pid!, 'SIGKILL')
  expect(await answers).toEqual(Array(CONNECTIONS).fill(200))
  const rows = await untilAllServe(command.admin)
  expect(rows).toMatchObject([{ restarts: 1 }, { pid: second!.pid, restarts: 0 }])
})

test('where all workers are killed, they are closed', async () => {
  const workers = await untilAllServe(command.admin)
  for (const { pid } of workers) process.kill(pid!, 'SIGSTOP')
  const answers = ask()
  await untilAccepted()
  for (const { pid } of workers) process.kill(pid!, 'SIGKILL')
  expect(await answers).toEqual(Array(CONNECTIONS).fill('closed without an answer'))
})
