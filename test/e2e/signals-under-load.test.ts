import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { until } from '../support/calls.js'
import { serve, type Command } from '../support/command.js'
import { echoProject, startEchoUpstream, type EchoUpstream } from '../support/echo-project.js'
import type { Project } from '../support/project.js'
import { ReconnectingLoad } from '../support/reconnecting-load.js'
import { untilAllServe } from '../support/worker-pids.js'

const CLIENTS = 8

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

async function start(more: string): Promise<void> {
  project = echoProject(upstream.target, `telemetry: { accessLog: none }\nwatch: false\n${more}`)
  command = await serve(['--config', 'gw.yaml'], { cwd: project.path })
}

describe('under load', () => {
  test.each([1, 2])(
    'SIGTERM with drain.delay, before a balancer that looks at /readyz, workers: %i: 0 failed',
    async (workers) => {
      await start(`drain: { delay: 3s, timeout: 20s }\nworkers: ${workers}`)
      const { admin } = command
      let isReady = true
      let isOver = false
      const probing = (async () => {
        while (isReady && !isOver) {
          isReady = (await fetch(`${admin}/readyz`)).status === 200
          await new Promise((resolve) => setTimeout(resolve, 50))
        }
      })()
      const load = new ReconnectingLoad(command.port, '/v1/echo/a', CLIENTS, () => isReady)
      try {
        await until(() => load.answered > 50, 'some answers', 15_000)
        const before = load.answered
        command.kill('SIGTERM')
        await probing
        await load.ended()
        expect(load.failures).toEqual([])
        expect(load.answered).toBeGreaterThan(before)
        expect((await command.ended).code).toBe(0)
      } finally {
        isOver = true
        await load.stop()
      }
    },
    40_000,
  )

  test('a worker that is killed: each client loses one request at most, and another is there soon', async () => {
    await start('workers: 2')
    const load = new ReconnectingLoad(command.port, '/v1/echo/a', CLIENTS)
    try {
      const [first] = await untilAllServe(command.admin)
      await until(() => load.answered > 50, 'some answers', 15_000)
      const killed = performance.now()
      process.kill(first!.pid!, 'SIGKILL')
      await until(() => command.stderr.includes('SIGKILL'), 'the end to be noticed', 10_000)
      const rows = await untilAllServe(command.admin)
      const tookMs = performance.now() - killed
      expect(rows[0]!.restarts).toBe(1)
      const { answered } = load
      await until(() => load.answered > answered + 50, 'more answers', 15_000)
      await load.stop()
      expect(load.failures.length).toBeLessThanOrEqual(CLIENTS)
      expect(new Set(load.failures)).toEqual(new Set(load.failures.length > 0 ? ['closed without an answer'] : []))
      console.log(
        `back after ${Math.round(tookMs)} ms, ${load.failures.length} of ${CLIENTS} requests under way failed`,
      )
    } finally {
      await load.stop()
    }
  }, 40_000)
})
