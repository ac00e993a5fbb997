import { afterAll, expect, test } from '@jest/globals'
import { until } from '../support/calls.js'
import { ECHO_PROTO } from '../support/echo-project.js'
import { startGateway } from '../support/gateway.js'
import { spawnInstance } from '../support/grpc-servers/spawned-instance.js'
import { Project } from '../support/project.js'
import { SteadyLoad } from '../support/steady-load.js'

const project = new Project({ 'protos/echo/echo.proto': ECHO_PROTO })
afterAll(() => project.remove())

test('one of three endpoints is killed under load of calls that may be tried twice: 0 failed', async () => {
  const instances = await Promise.all(['a', 'b', 'c'].map(spawnInstance))
  const gateway = await startGateway({
    schema: [{ protos: ['echo/*.proto'], roots: [`${project.path}/protos`] }],
    upstreams: {
      echo: {
        target: `static:///${instances.map(({ address }) => address).join()}`,
        services: ['echo.v1.*'],
        breaker: { maxRetries: 100 },
      },
    },
    policies: [{ select: '*', retry: { attempts: 3 } }],
  })
  const load = new SteadyLoad(gateway.port, '/v1/echo/x', 16)
  try {
    await until(() => load.total > 500, 'the load runs')
    instances[1]!.kill()
    const { total } = load
    await until(() => load.total > total + 1000, 'the load goes on')
    const { answered, failures } = await load.stop()
    expect(failures).toEqual([])
    expect([...answered.keys()].sort()).toEqual(['a', 'b', 'c'])
    console.log(`killed under load: ${load.total} calls, ${failures.length} failed`)
  } finally {
    await load.stop()
    await gateway.stop()
    for (const instance of instances) instance.kill()
  }
})
