import { Driver, type Tally } from './driver.js'
import * as scenes from './scenes.js'
import type { StackState } from './topology.js'
import { printTrace } from './trace-tree.js'

const told = ({ total, statuses, worstMs, gateways, servers }: Tally): string =>
  `${total} requests: ${Object.entries(statuses)
    .map(([status, count]) => `${count} × ${status === '0' ? 'broken' : status}`)
    .join(', ')}; the slowest took ${worstMs} ms; by ${gateways.join(', ')} from ${servers.join(', ')}`

/** Plays every scene on a running stack, and tells what is seen. */
export async function drive(state: () => StackState, tell: (line: string) => void): Promise<void> {
  const driver = await Driver.open(state)
  const scene = async (what: string, play: () => Promise<string>): Promise<void> => {
    tell(`\n${what}`)
    tell(`  ${(await play()).replaceAll('\n', '\n  ')}`)
  }
  await scene('Nothing is wrong', async () => told(await scenes.spread(driver)))
  await scene('One request through everything', async () => {
    const { answer, requestId, trace, logLine, counted } = await scenes.journey(driver)
    return [
      `${answer.status} in ${Math.round(answer.ms)} ms, request ${requestId}: ${answer.body}`,
      ...(logLine === undefined ? [] : [`the access log: ${JSON.stringify(logLine)}`]),
      ...(counted === undefined ? [] : [`Prometheus has counted ${counted} of the route`]),
      ...(trace === undefined ? [] : [printTrace(trace)]),
    ].join('\n')
  })
  await scene('A limit is exhausted: 20 appraisals a minute', async () => {
    const { passed, refused, retryAfter, policy, gateways } = await scenes.exhausted(driver)
    return `${passed} passed, ${refused} × 429 by ${gateways.join(', ')}; retry-after: ${retryAfter ?? 'none'}; ratelimit-policy: ${policy ?? 'none'}`
  })
  await scene('A token expires', async () => {
    const { before, after, challenge, without } = await scenes.expired(driver)
    return `${before}, then ${after} (${challenge}); without a token ${without}`
  })
  await scene('A library server hangs', async () => told(await scenes.slowInstance(driver)))
  await scene('A library server is killed', async () => told(await scenes.killedInstance(driver)))
  await scene('A gateway is killed', async () => told(await scenes.killedGateway(driver)))
  await scene('A gateway is asked to end, and drains', async () => told(await scenes.drainedGateway(driver)))
}
