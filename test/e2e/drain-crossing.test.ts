import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { until } from '../support/calls.js'
import { serve, type Command } from '../support/command.js'
import { echoProject, startEchoUpstream, type EchoUpstream } from '../support/echo-project.js'
import type { Project } from '../support/project.js'
import { RawConnection, request } from '../support/raw-http.js'

/* Requests that cross the beginning of a drain that has no delay, on connections that are open. */

const CLIENTS = 24

let upstream: EchoUpstream
let project: Project
let command: Command

beforeAll(async () => {
  upstream = await startEchoUpstream()
})
afterEach(async () => {
  await command.stop()
  project.remove()
})
afterAll(() => upstream.stop())

async function start(workers: number): Promise<void> {
  project = echoProject(upstream.target, `telemetry: { accessLog: none }\nwatch: false\nworkers: ${workers}`)
  command = await serve(['--config', 'gw.yaml'], { cwd: project.path })
}

/** Asks one request after the other on one connection, until an answer says that it is the last. @returns how it ended */
async function askUntilClosed(onAnswer: () => void): Promise<string> {
  const connection = new RawConnection(command.port)
  try {
    for (;;) {
      const { status, headers } = await connection.write(request('GET', '/v1/echo/a')).response({ waitMs: 20_000 })
      if (status !== 200) return `status ${status}`
      if (headers.get('connection') === 'close') return 'Connection: close'
      onAnswer()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  } catch (error) {
    return (error as Error).message
  } finally {
    connection.destroy()
  }
}

describe.each([1, 2])('SIGTERM without drain.delay, workers: %i', (workers) => {
  test('each connection that is in use gets its last answer, which says so', async () => {
    await start(workers)
    let answered = 0
    const ends = Array.from({ length: CLIENTS }, () => askUntilClosed(() => answered++))
    await until(() => answered > 10 * CLIENTS, 'some answers', 15_000)
    command.kill('SIGTERM')
    expect(await Promise.all(ends)).toEqual(Array(CLIENTS).fill('Connection: close'))
    expect((await command.ended).code).toBe(0)
  }, 40_000)
})
