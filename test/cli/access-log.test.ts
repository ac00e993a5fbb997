import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../support/calls.js'
import { serve, type Command } from '../support/command.js'
import { echoProject, startEchoUpstream, type EchoUpstream } from '../support/echo-project.js'
import type { Project } from '../support/project.js'
import { RawConnection, request } from '../support/raw-http.js'

/* The access log of the command: on stdout unless it says otherwise, whoever reads it. */

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

async function start(more = 'telemetry: {}'): Promise<Command> {
  project = echoProject(upstream.target, more)
  return (command = await serve(['--config', 'gw.yaml'], { cwd: project.path }))
}

const requestsIn = (text: string): unknown[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as unknown)

test('JSON lines on stdout where nothing is said, the last of them at the end; everything else on stderr', async () => {
  const { url } = await start()
  await fetch(`${url}/v1/echo/a`)
  await until(() => requestsIn(command!.stdout).length === 1, 'the line')
  await fetch(`${url}/v1/echo/b`)
  command!.kill('SIGTERM')
  const { code, stdout } = await command!.ended
  expect(code).toBe(0)
  expect(requestsIn(stdout)).toMatchObject([
    { path: '/v1/echo/a', status: 200 },
    { path: '/v1/echo/b', status: 200 },
  ])
  expect(stdout.split('\n').filter((line) => !line.startsWith('{'))).toEqual([
    expect.stringMatching(/^protobridge ready on /),
    '',
  ])
})

test('SIGHUP opens the file anew', async () => {
  const { url } = await start('telemetry: { accessLog: { file: access.log, fields: [path] } }')
  const file = join(project!.path, 'access.log')
  await fetch(`${url}/v1/echo/old`)
  await until(() => readFileSync(file, 'utf8') !== '', 'the line')
  renameSync(file, `${file}.1`)
  command!.kill('SIGHUP')
  await until(() => existsSync(file), 'the new file')
  await fetch(`${url}/v1/echo/new`)
  await until(() => readFileSync(file, 'utf8') === '{"path":"/v1/echo/new"}\n', 'the line in the new file')
})

/** Requests whose lines are long. @returns how many were answered 200 */
async function callOften(port: number, times: number): Promise<number> {
  const connection = new RawConnection(port)
  let answered = 0
  for (let i = 0; i < times; i++) {
    connection.write(request('GET', `/v1/echo/${'a'.repeat(12_000)}`))
    if ((await connection.response()).status === 200) answered++
  }
  connection.destroy()
  return answered
}

/** Lines of so many requests are more than the pipe, its reader and the gateway together hold. */
const MANY = 600

test('a reader that stalls keeps no request waiting; lines beyond the bound are dropped, counted and told of', async () => {
  const { port } = await start()
  command!.stallStdout()
  expect(await callOften(port, MANY)).toBe(MANY)
  expect(command!.stderr.match(/lines are dropped/g)).toHaveLength(1)
  command!.resumeStdout()
  await until(() => command!.stderr.includes('is written again'), 'what is told when it is over', 15_000)
  const lost = Number(/"lines":(\d+)/.exec(command!.stderr)![1])
  expect(lost).toBeGreaterThan(0)
  await until(() => requestsIn(command!.stdout.replace(/\n[^\n]*$/, '\n')).length === MANY - lost, 'all other lines')
})

test('nor does it keep the gateway from ending', async () => {
  const { port } = await start()
  command!.stallStdout()
  await callOften(port, 40)
  const { url } = command!
  command!.kill('SIGTERM')
  await until(() => command!.stderr.includes('lines of the access log were lost'), 'the end of its patience', 15_000)
  command!.resumeStdout()
  expect((await command!.ended).code).toBe(0)
  await expect(fetch(url)).rejects.toThrow()
})

test('a reader that has left is no reason to end', async () => {
  const { port } = await start()
  command!.closePipes()
  expect(await callOften(port, 5)).toBe(5)
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(await callOften(port, 5)).toBe(5)
})
