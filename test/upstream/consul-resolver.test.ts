import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { resolverOf, systemDependencies } from '../../src/upstream/resolvers/index.js'
import { fingerprintInstances, readInstances } from '../../src/upstream/resolvers/consul-instances.js'
import { parseConsulTarget } from '../../src/upstream/resolvers/consul-target.js'
import type { ResolverDependencies } from '../../src/upstream/resolvers/types.js'
import { validateTarget, type Resolver } from '../../src/upstream/index.js'
import { until } from '../support/calls.js'
import { FakeClock, ScriptedAgent, type Answer } from '../support/scripted-agent.js'

/** An entry of GET /v1/health/service/:service as Consul writes it. */
function entry(service: object = {}, { node = {}, checks = [] as unknown } = {}): object {
  return {
    Node: { ID: 'n', Node: 'n1', Address: '10.9.9.9', Datacenter: 'dc1', TaggedAddresses: null, Meta: null, ...node },
    Service: {
      ID: 'web-1',
      Service: 'web',
      Tags: null,
      Address: '10.0.0.1',
      TaggedAddresses: null,
      Meta: null,
      Port: 5000,
      Weights: { Passing: 1, Warning: 1 },
      ...service,
    },
    Checks: checks,
  }
}

const check = (Status: string, more: object = {}) => ({ CheckID: 'service:web-1', ServiceID: 'web-1', Status, ...more })
const ports = [
  { name: 'http', port: 8080, default: true },
  { name: 'grpc', port: 9090, default: false },
]
const CHOICE = { isPassingOnly: true, addressTag: undefined, portName: undefined }
const addressesOf = (entries: readonly object[], choice: object = {}): readonly string[] =>
  readInstances(entries, { ...CHOICE, ...choice }).endpoints.map(({ address }) => address)

describe('an entry is an endpoint', () => {
  test('with weight, zone, tags and meta', () => {
    const service = {
      Tags: ['v1', 'blue'],
      Meta: { version: '2', zone: 'a', __proto__x: 'y' },
      Weights: { Passing: 7, Warning: 1 },
    }
    expect(readInstances([entry(service)], CHOICE)).toEqual({
      endpoints: [
        {
          address: '10.0.0.1:5000',
          host: '10.0.0.1',
          port: 5000,
          path: undefined,
          weight: 7,
          zone: 'a',
          tags: ['v1', 'blue'],
          meta: { version: '2', zone: 'a', __proto__x: 'y' },
        },
      ],
      unusable: [],
    })
  })

  test.each<{ name: string; given: object; choice?: object; addresses: readonly string[] }>([
    {
      name: 'null Tags, Meta, TaggedAddresses and Checks',
      given: entry({}, { checks: null }),
      addresses: ['10.0.0.1:5000'],
    },
    { name: 'an empty address is the node’s', given: entry({ Address: '' }), addresses: ['10.9.9.9:5000'] },
    { name: 'no address is the node’s', given: entry({ Address: undefined }), addresses: ['10.9.9.9:5000'] },
    { name: 'a host name', given: entry({ Address: 'web.internal' }), addresses: ['web.internal:5000'] },
    { name: 'IPv6', given: entry({ Address: 'fd00::1' }), addresses: ['[fd00::1]:5000'] },
    { name: 'port 0 is left out', given: entry({ Port: 0 }), addresses: [] },
    { name: 'no port is left out', given: entry({ Port: undefined }), addresses: [] },
    { name: 'an impossible port is left out', given: entry({ Port: 70_000 }), addresses: [] },
    { name: 'an impossible address is left out', given: entry({ Address: 'a b' }), addresses: [] },
    {
      name: 'a tagged address replaces address and port',
      given: entry({ TaggedAddresses: { wan: { Address: '192.0.2.1', Port: 80 } } }),
      choice: { addressTag: 'wan' },
      addresses: ['192.0.2.1:80'],
    },
    {
      name: 'a tagged address in lower case',
      given: entry({ TaggedAddresses: { wan: { address: '192.0.2.1', port: 80 } } }),
      choice: { addressTag: 'wan' },
      addresses: ['192.0.2.1:80'],
    },
    {
      name: 'a tagged address without port keeps the service’s',
      given: entry({ TaggedAddresses: { wan: { Address: '192.0.2.1', Port: 0 } } }),
      choice: { addressTag: 'wan' },
      addresses: ['192.0.2.1:5000'],
    },
    {
      name: 'a tagged address has its port though the service has none',
      given: entry({ Port: 0, TaggedAddresses: { wan: { Address: '192.0.2.1', Port: 80 } } }),
      choice: { addressTag: 'wan' },
      addresses: ['192.0.2.1:80'],
    },
    {
      name: 'a tagged address the instance does not have',
      given: entry({ TaggedAddresses: { lan: { Address: '192.0.2.1', Port: 80 } } }),
      choice: { addressTag: 'wan' },
      addresses: ['10.0.0.1:5000'],
    },
    {
      name: 'the node’s tagged address where the service has no address',
      given: entry({ Address: '' }, { node: { TaggedAddresses: { lan: '10.9.9.9', wan: '203.0.113.9' } } }),
      choice: { addressTag: 'wan' },
      addresses: ['203.0.113.9:5000'],
    },
    {
      name: 'Ports (1.22): the default one',
      given: entry({ Port: undefined, Ports: ports }),
      addresses: ['10.0.0.1:8080'],
    },
    {
      name: 'Ports (1.22): the one named',
      given: entry({ Port: undefined, Ports: ports }),
      choice: { portName: 'grpc' },
      addresses: ['10.0.0.1:9090'],
    },
    {
      name: 'Ports (1.22): keys in upper case, Port 0 beside',
      given: entry({ Port: 0, Ports: [{ Name: 'grpc', Port: 9090, Default: true }] }),
      addresses: ['10.0.0.1:9090'],
    },
    {
      name: 'Ports (1.22): none of that name is left out',
      given: entry({ Port: undefined, Ports: ports }),
      choice: { portName: 'admin' },
      addresses: [],
    },
    {
      name: 'Ports (1.22): the only one, though not the default',
      given: entry({ Port: undefined, Ports: [{ name: 'grpc', port: 9090 }] }),
      addresses: ['10.0.0.1:9090'],
    },
    { name: 'Ports null', given: entry({ Ports: null }), addresses: ['10.0.0.1:5000'] },
    {
      name: 'a port name where there is one port',
      given: entry(),
      choice: { portName: 'grpc' },
      addresses: ['10.0.0.1:5000'],
    },
    {
      name: 'fields nobody knows',
      given: entry({ Proxy: {}, Connect: {}, PeerName: 'x', Locality: null }),
      addresses: ['10.0.0.1:5000'],
    },
  ])('$name', ({ given, choice, addresses }) => {
    expect(addressesOf([given], choice)).toEqual(addresses)
  })

  test.each([
    { name: 'the service’s meta', service: { Meta: { zone: 'a' } }, node: { Meta: { zone: 'b' } }, zone: 'a' },
    { name: 'the service’s locality', service: { Locality: { Zone: 'l' } }, node: { Meta: { zone: 'b' } }, zone: 'l' },
    { name: 'the node’s meta', service: {}, node: { Meta: { zone: 'b' } }, zone: 'b' },
    { name: 'nothing', service: {}, node: {}, zone: undefined },
  ])('zone: by $name', ({ service, node, zone }) => {
    expect(readInstances([entry(service, { node })], CHOICE).endpoints[0]!.zone).toBe(zone)
  })

  test('what cannot be called is said, each once', () => {
    expect(readInstances([entry({ Port: 0 }), entry({ Port: 0 }), entry({ Address: 'a b' })], CHOICE).unusable).toEqual(
      ['web-1 has no port', 'web-1: "a b" is neither a host name nor an IP address'],
    )
  })

  test('two instances at one address are one endpoint', () => {
    expect(addressesOf([entry({ ID: 'x' }), entry({ ID: 'y' })])).toEqual(['10.0.0.1:5000'])
  })

  test.each([
    { name: 'null', answer: null, text: 'it is not a list' },
    { name: 'an object', answer: {}, text: 'it is not a list' },
    { name: 'an entry that is none', answer: [1], text: 'an entry has no Service' },
    { name: 'an entry without service', answer: [{ Node: {} }], text: 'an entry has no Service' },
  ])('malformed: $name', ({ answer, text }) => {
    expect(() => readInstances(answer, CHOICE)).toThrow(text)
  })
})

describe('health and weight', () => {
  const weights = { Weights: { Passing: 10, Warning: 3 } }
  test.each<{ name: string; service?: object; checks: unknown; passing: number | undefined; all: number | undefined }>([
    { name: 'no checks', service: weights, checks: [], passing: 10, all: 10 },
    { name: 'all passing', service: weights, checks: [check('passing'), check('passing')], passing: 10, all: 10 },
    { name: 'one warning', service: weights, checks: [check('passing'), check('warning')], passing: undefined, all: 3 },
    {
      name: 'one critical',
      service: weights,
      checks: [check('warning'), check('critical')],
      passing: undefined,
      all: undefined,
    },
    {
      name: 'the node critical',
      service: weights,
      checks: [check('critical', { CheckID: 'serfHealth', ServiceID: '' })],
      passing: undefined,
      all: undefined,
    },
    {
      name: 'the node in maintenance',
      service: weights,
      checks: [check('passing'), check('critical', { CheckID: '_node_maintenance', ServiceID: '' })],
      passing: undefined,
      all: undefined,
    },
    {
      name: 'the service in maintenance',
      service: weights,
      checks: [check('critical', { CheckID: '_service_maintenance:web-1' })],
      passing: undefined,
      all: undefined,
    },
    { name: 'a status nobody knows', service: weights, checks: [check('odd')], passing: undefined, all: undefined },
    { name: 'weights null', service: { Weights: null }, checks: [], passing: 1, all: 1 },
    {
      name: 'weights left out',
      service: { Weights: undefined },
      checks: [check('warning')],
      passing: undefined,
      all: 1,
    },
    { name: 'weights that are none', service: { Weights: { Passing: 'x' } }, checks: [], passing: 1, all: 1 },
  ])('$name', ({ service = {}, checks, passing, all }) => {
    const weight = (isPassingOnly: boolean): number | undefined =>
      readInstances([entry(service, { checks })], { ...CHOICE, isPassingOnly }).endpoints[0]?.weight
    expect([weight(true), weight(false)]).toEqual([passing, all])
  })

  test('a weight of 0 gets nothing while another has one, and counts as 1 where none has', () => {
    const idle = entry({ Address: '10.0.0.2', Weights: { Passing: 1, Warning: 0 } }, { checks: [check('warning')] })
    const choice = { ...CHOICE, isPassingOnly: false }
    expect(addressesOf([entry(), idle], choice)).toEqual(['10.0.0.1:5000'])
    expect(readInstances([idle], choice).endpoints.map(({ weight }) => weight)).toEqual([1])
  })
})

test('sets are the same whatever their order, unless it means distance', () => {
  const [one, two] = [entry({ Meta: { a: '1', b: '2' } }), entry({ Address: '10.0.0.2' })]
  const there = readInstances([one, two], CHOICE)
  const back = readInstances([two, entry({ Meta: { b: '2', a: '1' } })], CHOICE)
  expect(fingerprintInstances(there, false)).toBe(fingerprintInstances(back, false))
  expect(fingerprintInstances(there, true)).not.toBe(fingerprintInstances(back, true))
  const heavier = readInstances([one, entry({ Address: '10.0.0.2', Weights: { Passing: 2 } })], CHOICE)
  expect(fingerprintInstances(there, false)).not.toBe(fingerprintInstances(heavier, false))
})

describe('targets', () => {
  test.each<{ target: string; url: string }>([
    { target: '', url: '?passing=1' },
    { target: '?tag=v1&tag=blue', url: '?passing=1&tag=v1&tag=blue' },
    {
      target: '?filter=%22v2%22+in+Service.Tags and Service.Meta.zone == "a"',
      url: '?passing=1&filter=%22v2%22%20in%20Service.Tags%20and%20Service.Meta.zone%20%3D%3D%20%22a%22',
    },
    { target: '?dc=dc2', url: '?passing=1&dc=dc2' },
    { target: '?near=_agent&stale', url: '?passing=1&near=_agent&stale' },
    { target: '?consistent=true', url: '?passing=1&consistent' },
    { target: '?cached&stale=false', url: '?passing=1&cached' },
    { target: '?passing=false', url: '' },
    { target: '?passing', url: '?passing=1' },
    { target: '?ns=team&partition=p&peer=east', url: '?passing=1&peer=east&ns=team&partition=p' },
    { target: '?address=wan&port=grpc&tls=false&wait=10s', url: '?passing=1' },
  ])('web$target asks for $url', async ({ target, url }) => {
    const agent = await ScriptedAgent.start()
    const { factory, rest } = resolverOf(`consul://${agent.address}/web${target}`, systemDependencies)
    const told = { onEndpoints: () => undefined, onError: () => undefined }
    const resolver = factory.create(rest, told, { token: undefined, emptyGraceMs: 0 })
    await until(() => agent.waiting === 1, 'the question')
    expect(agent.asked[0]!.url).toBe(`/v1/health/service/web${url}`)
    resolver.close()
    await agent.close()
  })

  test('wait is how long a question is held, and near makes order mean something', () => {
    expect(parseConsulTarget('///web?wait=2m')).toMatchObject({ waitMs: 120_000, isOrdered: false })
    expect(parseConsulTarget('///web?near=_agent')).toMatchObject({ waitMs: undefined, isOrdered: true })
  })

  test.each([
    { target: 'consul:///web', authority: 'web' },
    { target: 'consul://agent:8500/web.v1?tag=a', authority: 'web.v1' },
    { target: 'consul:///a%20b', authority: undefined },
  ])('the authority of $target is the name asked for', ({ target, authority }) => {
    expect(resolverOf(target, systemDependencies).authority).toBe(authority)
  })

  test.each([
    { target: 'consul:web', text: 'write consul://agent:8500/service' },
    { target: 'consul://agent:8500', text: 'write consul://agent:8500/service' },
    { target: 'consul:///', text: 'the name of the service is missing: write consul:///service' },
    { target: 'consul:///a/b', text: '"a/b" is not the name of a Consul service' },
    { target: 'consul:///a%2Fb', text: '"a/b" is not the name of a Consul service' },
    { target: 'consul:///a%zz', text: '"a%zz" is not percent-encoded correctly' },
    { target: 'consul:///web?filter=%', text: '"filter=%" is not percent-encoded correctly' },
    { target: 'consul:///web#x', text: 'write consul://agent:8500/service' },
    { target: 'consul://agent:0/web', text: '"0" is not a port' },
    { target: 'consul://a b/web', text: '"a b" is neither a host name nor an IP address' },
    {
      target: 'consul:///web?tags=a',
      text: 'unknown parameter "tags": use one of tag, filter, dc, near, stale, consistent, cached, ns, partition, peer, passing, address, port, tls, wait',
    },
    { target: 'consul:///web?token=x', text: 'write it as `token` of the upstream' },
    { target: 'consul:///web?constructor=x', text: 'unknown parameter "constructor"' },
    { target: 'consul:///web?dc=a&dc=b', text: 'the parameter "dc" is given twice' },
    { target: 'consul:///web?dc', text: 'the parameter "dc" has no value' },
    { target: 'consul:///web?tag=', text: 'the parameter "tag" has no value' },
    { target: 'consul:///web?stale&consistent', text: 'stale and consistent are two modes: choose one' },
    { target: 'consul:///web?cached&consistent', text: 'cached answers are never consistent: choose one' },
    {
      target: 'consul:///web?passing=maybe',
      text: '"maybe" is neither true nor false: write passing or passing=false',
    },
    { target: 'consul:///web?wait=11m', text: '"11m" is not a time to wait: write 1s to 10m' },
    { target: 'consul:///web?wait=0s', text: '"0s" is not a time to wait: write 1s to 10m' },
  ])('$target is refused', ({ target, text }) => {
    expect(validateTarget(target)).toContain(text)
  })

  test('variables that are wrong refuse the load', () => {
    const env = { CONSUL_HTTP_SSL: 'yes' }
    const wrong = 'CONSUL_HTTP_SSL: "yes" is not a boolean: write true or false'
    expect(validateTarget('consul:///web', env)).toBe(wrong)
    expect(() => resolverOf('consul:///web', { ...systemDependencies, env })).toThrow(wrong)
  })
})

describe('what the listener is told', () => {
  let agent: ScriptedAgent
  let clock: FakeClock
  let resolver: Resolver | undefined
  let told: string[]
  beforeEach(async () => {
    agent = await ScriptedAgent.start()
    clock = new FakeClock()
    told = []
  })
  afterEach(async () => {
    resolver?.close()
    await agent.close()
  })

  const GRACE_MS = 60_000
  function start(script: readonly Answer[], env: Record<string, string> = {}, token?: string): void {
    agent.script = [...script]
    const dependencies: ResolverDependencies = {
      now: clock.now,
      setTimer: clock.setTimer,
      random: clock.random,
      env,
      nameServer: systemDependencies.nameServer,
    }
    const { factory, rest } = resolverOf(`consul://${agent.address}/web`, dependencies)
    resolver = factory.create(
      rest,
      {
        onEndpoints: (endpoints) => told.push(endpoints.map(({ host }) => host.slice(-1)).join('') || 'none'),
        onConfirmed: () => told.push('same'),
        onError: (message) => told.push(`error: ${message.replace(agent.address, 'AGENT')}`),
      },
      { token, emptyGraceMs: GRACE_MS },
    )
  }

  /** Until all of the script is answered and the last question is held. */
  async function played(): Promise<void> {
    for (;;) {
      await until(() => agent.waiting === 1 || clock.due.some((ms) => ms < 9000), 'a held question or a pause')
      if (agent.waiting === 1 && agent.script.length === 0) return
      // Time-outs of questions are at 10 s and above; the pauses here are shorter.
      if (clock.due[0]! < 9000) clock.pass(clock.due[0]!)
    }
  }

  const set = (index: number, names: string, more: Record<string, string> = {}): Answer => ({
    headers: { 'x-consul-index': String(index), ...more },
    body: [...names].map((name) => entry({ Address: `10.0.0.${name}` })),
  })
  const filtered = { 'x-consul-results-filtered-by-acls': 'true' }
  const FAULT =
    'error: Consul lists no healthy instance of web, right after a fault of the agent: the last good set stays in use for 60 s'
  const ACL = 'the token may not read all instances: needs service:read and node:read'

  test.each<{ name: string; script: readonly Answer[]; expected: readonly string[]; later?: readonly string[] }>([
    {
      name: 'sets as they change; a return without change confirms',
      script: [set(1, '12'), set(2, '12'), set(3, '2')],
      expected: ['12', 'same', '2'],
    },
    { name: 'an empty list of a healthy agent is real', script: [set(1, '12'), set(2, '')], expected: ['12', 'none'] },
    { name: 'an empty list at the start is real', script: [set(1, '')], expected: ['none'] },
    {
      name: 'an error keeps the set; the next good answer ends the trouble',
      script: [set(1, '12'), { status: 500, body: 'No cluster leader' }, set(2, '12')],
      expected: ['12', 'error: the Consul agent AGENT answered 500: No cluster leader', '12'],
    },
    {
      name: '403 keeps the set and says what the token needs',
      script: [set(1, '12'), { status: 403, body: 'ACL not found' }],
      expected: [
        '12',
        'error: the agent refused the token: needs service:read and node:read (AGENT answered 403: ACL not found)',
      ],
    },
    {
      name: 'an empty list right after an error keeps the set, and is believed after emptyGrace',
      script: [set(1, '12'), { status: 500 }, set(2, '')],
      expected: ['12', 'error: the Consul agent AGENT answered 500: []', FAULT],
      later: ['none', 'error: Consul lists no healthy instance of web, right after a fault of the agent'],
    },
    {
      name: 'an empty list after an index reset keeps the set',
      script: [set(9, '12'), set(3, ''), set(3, '')],
      expected: ['12', FAULT, FAULT],
      later: ['none', 'error: Consul lists no healthy instance of web, right after a fault of the agent'],
    },
    {
      name: 'a restarted agent: first the old list, then an empty one, then the list again',
      script: [set(9, '12'), 'cut', 'cut', set(3, '12'), set(4, ''), set(5, '2'), set(6, '12')],
      expected: ['12', 'error: the Consul agent AGENT is not reachable: ECONNRESET', '12', FAULT, '2', '12'],
      later: [],
    },
    {
      name: 'a list that is there again within emptyGrace was never empty',
      script: [set(9, '12'), set(3, ''), set(3, ''), set(4, '12')],
      expected: ['12', FAULT, FAULT, '12'],
      later: [],
    },
    {
      name: 'the empty list after that is real',
      script: [set(9, '12'), set(3, ''), set(3, ''), set(4, '12'), set(5, '')],
      expected: ['12', FAULT, FAULT, '12', 'none'],
    },
    {
      name: 'an empty list that the token’s rights have thinned out keeps the set',
      script: [set(1, '12'), set(2, '', filtered)],
      expected: ['12', `error: ${ACL}: the last good set stays in use for 60 s`],
      later: ['none', `error: ${ACL}`],
    },
    {
      name: 'thinned out from the start: none, and why',
      script: [set(1, '', filtered)],
      expected: ['none', `error: ${ACL}`],
    },
    { name: 'thinned out but not empty is real', script: [set(1, '12'), set(2, '1', filtered)], expected: ['12', '1'] },
    {
      name: 'an empty list of an agent without a leader keeps the set',
      script: [set(1, '12'), set(2, '', { 'x-consul-knownleader': 'false' })],
      expected: [
        '12',
        'error: Consul lists no healthy instance of web, but knows no leader: the last good set stays in use for 60 s',
      ],
    },
    {
      name: 'instances that cannot be called are said',
      script: [
        { headers: { 'x-consul-index': '1' }, body: [entry({ Address: '10.0.0.1' }), entry({ ID: 'web-2', Port: 0 })] },
      ],
      expected: ['1', 'error: instances that cannot be called: web-2 has no port'],
    },
  ])('$name', async ({ script, expected, later }) => {
    start(script)
    await played()
    expect(told).toEqual(expected)
    if (later === undefined) return
    told = []
    clock.pass(GRACE_MS)
    expect(told).toEqual(later)
  })

  test('an error while an empty list is not yet believed keeps the set for good', async () => {
    start([set(9, '12'), set(3, ''), { status: 500 }])
    await played()
    expect(told.slice(2)).toEqual(['error: the Consul agent AGENT answered 500: []'])
    // Nothing but the time-out of the question that is held now, which has no index.
    expect(clock.due).toEqual([10_000])
  })

  test.each([
    { name: 'the upstream’s token', token: 'written', env: { CONSUL_HTTP_TOKEN: 'env' }, sent: 'written' },
    { name: 'that of the environment', token: undefined, env: { CONSUL_HTTP_TOKEN: 'env' }, sent: 'env' },
    { name: 'none', token: undefined, env: {}, sent: undefined },
  ])('the token sent: $name', async ({ token, env, sent }) => {
    start([], env as Record<string, string>, token)
    await until(() => agent.waiting === 1, 'the question')
    expect(agent.asked[0]!.headers['x-consul-token']).toBe(sent)
  })

  test('close ends the question and all timers', async () => {
    start([set(9, '12'), set(3, '')])
    await played()
    resolver!.close()
    await until(() => agent.waiting === 0, 'the connection to be closed')
    expect(clock.due).toEqual([])
    expect(told).toHaveLength(2)
  })
})
