import { afterAll, describe, expect, test } from '@jest/globals'
import { until } from '../support/calls.js'
import { ECHO_PROTO } from '../support/echo-project.js'
import { startGateway } from '../support/gateway.js'
import { FAMILIES, RestartingServer } from '../support/grpc-servers/restarting/restarting-server.js'
import { Project } from '../support/project.js'
import { SteadyLoad } from '../support/steady-load.js'

/*
 * Every server of an upstream is replaced, one after the other, under load: it sends GOAWAY, finishes what it has, stops,
 * and another takes its address. Connections end by GOAWAY every 2 s as well (max connection age).
 */

const project = new Project({ 'protos/echo/echo.proto': ECHO_PROTO })
afterAll(() => project.remove())

const CLIENTS = 8
const MAX_CONNECTION_AGE_MS = 2000
/**
 * How C-core's servers end calls that have arrived but were not yet handed to the application when it shut down
 * (grpc/grpc#41785). Nothing tells it from a status of the application, so such calls are not sent again on their own.
 */
const CUT = '{"code":1,"message":"CANCELLED","details":[]}'

describe.each(Object.keys(FAMILIES) as (keyof typeof FAMILIES)[])('%s', (family) => {
  const missing = FAMILIES[family].missing()
  if (missing !== undefined) console.log(`skipped: ${missing}`)
  const isCutByCcore = family === 'C-core (grpcio)'
  const run = missing === undefined ? test : test.skip

  run(
    'a rolling restart of all servers, twice: 0 failed',
    async () => {
      const servers = await Promise.all(['a', 'b', 'c'].map((name) => RestartingServer.start(family, name)))
      const gateway = await startGateway({
        schema: [{ protos: ['echo/*.proto'], roots: [`${project.path}/protos`] }],
        upstreams: {
          echo: {
            target: `static:///${servers.map(({ address }) => address).join()}`,
            services: ['echo.v1.*'],
          },
        },
      })
      const [upstream] = gateway.gateway.snapshot.upstreams
      const states = (): string =>
        upstream!
          .endpoints()
          .map(({ state }) => state)
          .join()
      const load = new SteadyLoad(gateway.port, '/v1/echo/x', CLIENTS)
      try {
        await until(() => load.total > 100, 'the load runs')
        for (const server of [...servers, ...servers]) {
          await server.restart()
          // Connected again, by gRPC's backoff of a second, before the next one goes.
          await until(() => states() === 'READY,READY,READY', `${server.name} is back: ${states()}`, 10_000)
        }
        const { answered, failures } = await load.stop()
        const shutDown = failures.filter(({ status, body }) => isCutByCcore && status === 499 && body === CUT)
        expect(failures.filter((failure) => !shutDown.includes(failure))).toEqual([])
        expect(shutDown.length).toBeLessThanOrEqual(servers.length * 2 * CLIENTS)
        expect([...answered.keys()].sort()).toEqual(['a', 'b', 'c'])
        console.log(
          `${family}: ${load.total} calls, ${failures.length} failed (${shutDown.length} of them cut by C-core)`,
        )
      } finally {
        await load.stop()
        await gateway.stop()
        for (const server of servers) server.kill()
      }
    },
    60_000,
  )

  run(
    'the only server ends its connections when they are 2 s old: 0 failed',
    async () => {
      const server = await RestartingServer.start(family, 'a')
      const gateway = await startGateway({
        schema: [{ protos: ['echo/*.proto'], roots: [`${project.path}/protos`] }],
        upstreams: { echo: { target: `static:///${server.address}`, services: ['echo.v1.*'] } },
      })
      const load = new SteadyLoad(gateway.port, '/v1/echo/x', CLIENTS)
      try {
        const [upstream] = gateway.gateway.snapshot.upstreams
        // At least two connections come to their end: gRPC's servers vary the age by a tenth.
        await new Promise((resolve) => setTimeout(resolve, 2.5 * MAX_CONNECTION_AGE_MS))
        expect(upstream!.endpoints()[0]!.state).toMatch(/READY|CONNECTING|IDLE/)
        expect((await load.stop()).failures).toEqual([])
      } finally {
        await load.stop()
        await gateway.stop()
        server.kill()
      }
    },
    30_000,
  )
})
