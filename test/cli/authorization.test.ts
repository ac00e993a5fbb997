import { afterAll, expect, test } from '@jest/globals'
import { explainRequest } from '../../src/cli/dry-run.js'
import { explanationText } from '../../src/cli/explanation-text.js'
import { withSnapshot } from '../../src/cli/load-once.js'
import type { Snapshot } from '../../src/snapshot/index.js'
import { ECHO_PROTO } from '../support/echo-project.js'
import { Project } from '../support/project.js'

/* `explain`: who may call, and which policy says so. */

const project = new Project({
  'protos/echo/echo.proto': ECHO_PROTO,
  'keys.yaml': 'keys: []',
  'gw.yaml': `schema: [{ protos: ["echo/*.proto"], roots: [protos] }]
upstreams: { echo: { target: "static:///127.0.0.1:1", services: ["echo.v1.*"] } }
auth: { providers: { keys: { apiKey: { header: x-api-key, file: keys.yaml } }, certs: { mtls: {} } } }
policies:
  - { select: "*", timeout: 5s }
  - { select: "echo.v1.EchoService.Echo", auth: { all: [certs, keys], scopes: [a, b], roles: [x], where: ["rpc != ''"] } }
  - { select: "echo.v1.EchoService.Echo", match: { header: { x-open: "1" } }, auth: none }
`,
})
afterAll(() => project.remove())

async function callers(target: string, headers: Readonly<Record<string, string>>): Promise<string> {
  const dry = { method: 'GET', target, headers: new Map(Object.entries(headers)), body: Buffer.alloc(0) }
  const source = { kind: 'file' as const, path: `${project.path}/gw.yaml` }
  const text = await withSnapshot(source, (snapshot: Snapshot) => explanationText(explainRequest(dry, snapshot)))
  const [, found = ''] = /^(callers .*\n.*)$/m.exec(text) ?? []
  return found.replaceAll(project.path, '.')
}

test.each([
  {
    target: '/v1/echo/x',
    headers: {},
    text: `callers   all of certs, keys; scopes a, b; one of the roles x; where rpc != ''
          by the policy for echo.v1.EchoService.Echo (./gw.yaml:6:15)`,
  },
  {
    target: '/v1/echo/x',
    headers: { 'x-open': '1' } as Readonly<Record<string, string>>,
    text: `callers   anybody
          by the policy for echo.v1.EchoService.Echo (./gw.yaml:7:15)`,
  },
  {
    target: '/v1/hold',
    headers: {},
    text: `callers   nobody
          by providers are configured, and no policy says who may call it`,
  },
])('$target with $headers', async ({ target, headers, text }) => {
  expect(await callers(target, headers)).toBe(text)
})
