import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../support/calls.js'
import { serve, type Command } from '../support/command.js'
import { echoProject, startEchoUpstream, type EchoUpstream } from '../support/echo-project.js'
import { readExposition, valueOf } from '../support/exposition.js'
import type { Project } from '../support/project.js'
import { callRest } from '../support/rest.js'

/* What several processes serve is told as if it were one. */

let upstream: EchoUpstream
let command: Command | undefined
let project: Project | undefined

beforeAll(async () => {
  upstream = await startEchoUpstream()
})
afterEach(async () => {
  await command?.stop()
  project?.remove()
  command = project = undefined
})
afterAll(() => upstream.stop())

test('metrics of all workers are added up, and their lines are in one log', async () => {
  const telemetry = 'telemetry: { metrics: prometheus, accessLog: { file: access.log, fields: [path] } }'
  project = echoProject(upstream.target, `workers: 2\n${telemetry}`)
  command = await serve(['--config', 'gw.yaml'], { cwd: project.path })
  const { port, admin } = command
  const paths = Array.from({ length: 20 }, (_, i) => `/v1/echo/${i}`)
  for (const path of paths) expect((await callRest(port, 'GET', path)).status).toBe(200)
  const file = join(project.path, 'access.log')
  const lines = (): string[] => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [])
  await until(() => lines().length === paths.length, 'all lines', 15_000)
  expect(lines().sort()).toEqual(paths.map((path) => JSON.stringify({ path })).sort())
  const exposition = readExposition(await (await fetch(`${admin}/metrics`)).text())
  expect(valueOf(exposition, 'http_server_request_duration_seconds_count', 'http_route="/v1/echo/{text}"')).toBe(20)
  expect(valueOf(exposition, 'protobridge_snapshot_generation')).toBe(1)
}, 60_000)
