import { afterAll, describe, expect, test } from '@jest/globals'
import { Loader } from '../../src/gateway/index.js'
import { LoadError } from '../../src/problems/index.js'
import { SharedUpstreams, type Snapshot } from '../../src/snapshot/index.js'
import { Project } from '../support/project.js'

const PROTO = (packageName: string): string => `syntax = "proto3";
package ${packageName};
import "google/api/annotations.proto";
message M { string name = 1; }
service One {
  rpc Get(M) returns (M) { option (google.api.http) = { get: "/v1/{name=a/*}" }; }
  rpc List(M) returns (M) { option (google.api.http) = { get: "/v1/a" }; }
}
service Two {
  rpc Get(M) returns (M) { option (google.api.http) = { get: "/v1/{name=b/*}" }; }
  rpc Plain(M) returns (M);
}
`
const project = new Project({ 'x.proto': PROTO('x.v1'), 'y.proto': PROTO('y.v1') })
afterAll(() => project.remove())

const TARGET = 'static:///127.0.0.1:1'

function config(more: object = {}): object {
  return {
    schema: [{ protos: ['x.proto'], roots: [project.path] }],
    upstreams: { x: { target: TARGET, services: ['x.v1.*'] } },
    ...more,
  }
}

async function load(value: object): Promise<Snapshot> {
  const upstreams = new SharedUpstreams()
  try {
    const { snapshot } = await new Loader({ kind: 'object', value }, {}, upstreams).load({ mayWait: false })
    return snapshot
  } finally {
    upstreams.close()
  }
}

async function errorsOf(value: object): Promise<string[]> {
  const error = await load(value).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(LoadError)
  return (error as LoadError).message.split('\n')
}

const routeOf = ({ routes }: Snapshot, rpc: string) => routes.find(({ route }) => route.rpcName === rpc)!.route

describe('policies', () => {
  test('the defaults of the contract', async () => {
    const { timeoutMs, maxRequestBytes } = routeOf(await load(config()), 'x.v1.One.Get')
    expect({ timeoutMs, maxRequestBytes }).toEqual({ timeoutMs: 15_000, maxRequestBytes: 4 * 1024 * 1024 })
  })

  test('later entries win, setting by setting; selectors may be lists', async () => {
    const snapshot = await load(
      config({
        policies: [
          { select: '*', timeout: '1s', maxRequestBytes: '1KiB' },
          { select: 'x.v1.One.List, x.v1.Two.*', timeout: '2s' },
          { select: 'x.v1.Two.Get', maxRequestBytes: '2KiB' },
          { select: 'x.v1.*', timeout: '3s' },
          { select: 'x.v1.One.Get', timeout: '4s' },
        ],
      }),
    )
    const settings = ['x.v1.One.Get', 'x.v1.One.List', 'x.v1.Two.Get'].map((rpc) => {
      const { timeoutMs, maxRequestBytes } = routeOf(snapshot, rpc)
      return [timeoutMs, maxRequestBytes]
    })
    expect(settings).toEqual([
      [4000, 1024],
      [3000, 1024],
      [3000, 2048],
    ])
  })

  test.each([
    {
      select: 'x.v1.One',
      error: 'selector "x.v1.One" matches no method (x.v1.One): "x.v1.One" has methods but is none: write "x.v1.One.*"',
    },
    {
      select: 'x.v1.One.Gte',
      error: 'selector "x.v1.One.Gte" matches no method (x.v1.One.Gte): did you mean "x.v1.One.Get"?',
    },
    { select: '*, y.v1.*', error: 'selector "y.v1.*" matches no method (y.v1.*): did you mean "x.v1.*"?' },
    {
      select: 'x.v1.O*',
      error: /^config:0:0: selector "x\.v1\.O\*": .*: write \*, package\.\*, package\.Service\.\* or/,
    },
  ])('$select is refused', async ({ select, error }) => {
    const errors = await errorsOf(config({ policies: [{ select, timeout: '1s' }] }))
    expect(errors).toEqual([typeof error === 'string' ? `config:0:0: ${error}` : expect.stringMatching(error)])
  })
})

describe('upstreams', () => {
  test('methods nobody serves, and methods without a rule, are counted', async () => {
    const snapshot = await load(config({ upstreams: { x: { target: TARGET, services: ['x.v1.One.*'] } } }))
    expect(snapshot).toMatchObject({ unserved: ['x.v1.Two.Get'], unmapped: ['x.v1.Two.Plain'] })
  })

  test('two that claim one method are refused, once for a selector', async () => {
    const upstreams = {
      a: { target: TARGET, services: ['x.v1.One.*'] },
      b: { target: TARGET, services: ['x.v1.*'] },
    }
    expect(await errorsOf(config({ upstreams }))).toEqual([
      'config:0:0: upstreams "a" and "b" both claim x.v1.One.Get and 1 more (x.v1.*): let one upstream serve each method: narrow the services of one of them',
    ])
  })

  const schema = [{ protos: ['x.proto', 'y.proto'], roots: [project.path] }]
  const both = (more: object): object => ({
    schema,
    upstreams: { x: { target: TARGET, services: ['x.v1.*'] }, y: { target: TARGET, services: ['y.v1.*'], ...more } },
  })

  test('one template of two services is refused', async () => {
    const errors = await errorsOf(both({}))
    expect(errors).toHaveLength(3)
    expect(errors[0]).toContain('GET /v1/{name=a/*} is bound to x.v1.One.Get already')
  })

  test.each([{ prefix: '/y' }, { hosts: ['y.example'], prefix: '/y/' }])('under %o it is not', async (place) => {
    const snapshot = await load(both(place))
    expect(snapshot.routes.filter(({ prefix }) => prefix === '/y')).toHaveLength(3)
  })

  test('a wrong prefix does not seem to be a conflict', async () => {
    expect(await errorsOf(both({ prefix: 'y' }))).toEqual([expect.stringContaining('does not begin with "/"')])
  })
})
