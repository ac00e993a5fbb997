import { ServerResponse, type IncomingMessage } from 'node:http'
import type { PolicySettings } from '../src/config/index.js'
import { PolicyState } from '../src/exchange/policy-request.js'
import { compilePolicies, ConcurrencyCounts, Limiters } from '../src/policies/index.js'
import type { PolicyMethod } from '../src/policies/types.js'
import { Problems } from '../src/problems/index.js'
import { compare } from './compare.js'

/* What limits and CORS do to one request, without the request: on a busy machine the difference of two whole ones tells little. */

const METHOD = { name: 'bench.v1.Echo.Get', desc: {}, problems: new Problems() } as unknown as PolicyMethod
const HTTP = { headers: { origin: 'https://app.example' } } as unknown as IncomingMessage
const REQUEST = { query: 'page_size=2', rpcName: METHOD.name, clientAddress: '127.0.0.1' }
/** Of a response as it goes without them. */
const HEADERS = ['x-request-id', '0123456789abcdef', 'content-type', 'application/json', 'content-length', '100']
const position = { file: 'bench', line: 0, column: 0 }
const rate = { plan: undefined, points: 100_000_000, seconds: 3600 }
const limit = { name: 'many', rates: [rate], plan: undefined, burst: 0, by: { value: 'address', position }, cost: 1 }

const ROWS: readonly (readonly [name: string, settings: PolicySettings])[] = [
  ['memory limit', { limits: [{ ...limit, select: '*' }] }],
  [
    'CORS',
    {
      cors: {
        origins: ['https://app.example'],
        headers: [],
        expose: ['etag'],
        credentials: true,
        maxAgeSeconds: undefined,
      },
    },
  ],
]

/** Prints microseconds of each: of the policy itself, and of writing what it tells in headers. */
export function benchPolicyParts(isQuick: boolean): void {
  const limiters = new Limiters().begin({
    store: { kind: 'memory' },
    timeoutMs: 50,
    failOpen: false,
    legacyHeaders: false,
  })
  const context = {
    providers: new Map(),
    forward: { claims: [], token: false },
    limiters,
    concurrencyCounts: new ConcurrencyCounts(),
    shedder: undefined,
  }
  for (const [name, settings] of ROWS) {
    const policies = compilePolicies(METHOD, settings, context)!
    const run = (): string[] => {
      const state = new PolicyState(HTTP, REQUEST, policies)
      void state.filter()
      const headers = state.editResponse([...HEADERS])
      state.end()
      return headers
    }
    const told = run()
    const [policy] = compare(run, () => [...HEADERS], isQuick)
    const [withHeaders, without] = compare(
      () => head(told),
      () => head(HEADERS),
      isQuick,
    )
    const headers = Math.max(0, withHeaders - without)
    console.log(`  ${name.padEnd(34)} ${policy.toFixed(2)} µs, its headers ${headers.toFixed(2)} µs a request`)
  }
}

function head(headers: string[]): void {
  const request = { method: 'GET', httpVersionMajor: 1, httpVersionMinor: 1, headers: {} } as IncomingMessage
  new ServerResponse(request).writeHead(200, headers)
}
