import { afterAll, describe, expect, test } from '@jest/globals'
import { Folder, MINIMAL } from './fixture.js'

const folder = new Folder()
afterAll(() => folder.remove())

test('telemetry: none', () => {
  expect(folder.load(`telemetry: none\n${MINIMAL}`).errors).toEqual([
    'gw.yaml:1:12: "none" is not a mapping (telemetry): write it as a mapping: { … }',
  ])
})

describe('what means "off" is taken', () => {
  test.each([
    'telemetry: { traces: none, metrics: none, accessLog: none }',
    'telemetry: {}',
    'workers: 1',
    'workers: "${WORKERS:-1}"',
    'auth: {}',
    'auth: { providers: {}, forward: { claims: [], token: false } }',
    'edge: { trustedProxies: [], allow: [], deny: [], securityHeaders: false }',
    'limits: {}',
    'limits: { store: memory, timeout: 50ms, failOpen: false, legacyHeaders: false }',
    'policies: [{ select: "*", auth: none, limits: [], priority: normal }]',
    'policies: [{ select: "*", headers: { request: { set: {}, remove: [] }, response: { set: {}, remove: [] } } }]',
  ])('%s', (written) => {
    expect(folder.load(`${written}\n${MINIMAL}`).errors).toEqual([])
  })

  test.each(['balancer: round_robin', 'balancer: pick_first', 'subsets: {}', 'slowStart: 0s, emptyGrace: 0s'])(
    'upstream: %s',
    (written) => {
      const text = `schema: [{ descriptors: image.binpb }]\nupstreams: { library: { target: "dns:///l:1", ${written} } }\n`
      expect(folder.load(text).errors).toEqual([])
    },
  )
})
