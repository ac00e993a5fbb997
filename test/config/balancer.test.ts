import { afterAll, describe, expect, test } from '@jest/globals'
import { Folder } from './fixture.js'

const folder = new Folder()
afterAll(() => folder.remove())

function load(written: string): ReturnType<Folder['load']> {
  return folder.load(
    `schema: [{ descriptors: image.binpb }]\nupstreams: { library: { target: "dns:///l:1", ${written} } }\n`,
  )
}

describe('how an endpoint is chosen', () => {
  test.each([
    { written: 'balancer: round_robin', balancer: { name: 'round_robin', hashBy: undefined } },
    { written: 'balancer: least_request', balancer: { name: 'least_request', hashBy: undefined } },
    { written: 'balancer: pick_first', balancer: { name: 'pick_first', hashBy: undefined } },
    { written: 'balancer: { ring_hash: { by: address } }', balancer: { name: 'ring_hash', hashBy: 'address' } },
    { written: 'balancer: { ring_hash: { by: global } }', balancer: { name: 'ring_hash', hashBy: 'global' } },
    {
      written: 'balancer: { ring_hash: { by: "header:X-User" } }',
      balancer: { name: 'ring_hash', hashBy: 'header:x-user' },
    },
    { written: 'balancer: { ring_hash: { by: identity } }', balancer: { name: 'ring_hash', hashBy: 'identity' } },
    { written: 'balancer: { ring_hash: { by: "claim:Sub" } }', balancer: { name: 'ring_hash', hashBy: 'claim:Sub' } },
    {
      written: 'balancer: "${PROTOBRIDGE_TEST_UNSET:-least_request}"',
      balancer: { name: 'least_request', hashBy: undefined },
    },
  ])('$written', ({ written, balancer }) => {
    const { config, errors } = load(written)
    expect(errors).toEqual([])
    expect(config?.upstreams[0]?.balancer).toEqual(balancer)
  })

  const BY = 'write address, global, identity, claim:NAME or header:NAME, for example header:x-user'
  const at = (by: string): string => `balancer: { ring_hash: { by: "${by}" } }`
  const path = 'upstreams.library.balancer'
  const kinds = 'round_robin, least_request, pick_first'
  test.each([
    {
      written: 'balancer: ring_hash',
      error: `57: "ring_hash" is not one of ${kinds} (${path}): write one of them, or { ring_hash: { by: "header:x-user" } }`,
    },
    {
      written: 'balancer: round-robin',
      error: `57: "round-robin" is not one of ${kinds} (${path}): did you mean "round_robin"?`,
    },
    {
      written: 'balancer: 1',
      error: `57: 1 is not one of ${kinds} (${path}): write one of them, or { ring_hash: { by: "header:x-user" } }`,
    },
    { written: 'balancer: {}', error: `47: "ring_hash" is missing (${path}): add it` },
    {
      written: 'balancer: { ring_hash: {} }',
      error: `59: "by" is missing (${path}.ring_hash): add it, for example by: "header:x-user"`,
    },
    {
      written: 'balancer: { ring_hash: { by: address, size: 3 } }',
      error: `85: unknown key "size" (${path}.ring_hash.size): the nearest known key is "by"`,
    },
    {
      written: at('field:a.b'),
      error: `76: "field:a.b" is not available in this version (${path}.ring_hash.by): ${BY}`,
    },
    { written: at('header:'), error: `76: "header:" is nothing to tell calls apart by (${path}.ring_hash.by): ${BY}` },
    {
      written: at('header:x y'),
      error: `76: "header:x y" is nothing to tell calls apart by (${path}.ring_hash.by): ${BY}`,
    },
    {
      written: at('cookie:a'),
      error: `76: "cookie:a" is nothing to tell calls apart by (${path}.ring_hash.by): ${BY}`,
    },
  ])('$written: refused', ({ written, error }) => {
    expect(load(written).errors).toEqual([`gw.yaml:2:${error}`])
  })
})

describe('what else an upstream is told of its endpoints', () => {
  test.each([
    { written: 'slowStart: 30s', key: 'slowStartMs', value: 30_000 },
    { written: 'slowStart: 0s', key: 'slowStartMs', value: 0 },
    { written: 'emptyGrace: 5m', key: 'emptyGraceMs', value: 300_000 },
    { written: 'emptyGrace: 0s', key: 'emptyGraceMs', value: 0 },
    { written: 'token: secret', key: 'token', value: 'secret' },
  ] as const)('$written', ({ written, key, value }) => {
    const { config, errors } = load(written)
    expect(errors).toEqual([])
    expect(config?.upstreams[0]?.[key]).toBe(value)
  })

  test.each([
    {
      written: 'slowStart: 30',
      error: '58: 30 is not a duration (upstreams.library.slowStart): give its unit: 30ms, 30s, 30m or 30h',
    },
    {
      written: 'emptyGrace: -1s',
      error: '59: "-1s" is not a duration (upstreams.library.emptyGrace): write it like 250ms, 15s, 5m or 1h',
    },
    {
      written: 'token: ""',
      error: '54: must not be empty (upstreams.library.token): give a value, or take the key out',
    },
    // A secret is not shown, not even a wrong one.
    { written: 'token: 12345', error: '54: the value is not a text (upstreams.library.token): quote it' },
  ])('$written: refused', ({ written, error }) => {
    expect(load(written).errors).toEqual([`gw.yaml:2:${error}`])
  })
})
