import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { Project } from '../support/project.js'
import { sendRaw } from '../support/raw-http.js'
import { callRest } from '../support/rest.js'

/* `auth: { where }`: CEL over who calls and what is asked. */

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const KEYS = `keys:
  - { id: ann, sha256: ${sha256('ann')}, scopes: [a], roles: [admin], claims: { tenant: acme, level: 4, tags: [x, y], nested: { z: true } } }
  - { id: bob, sha256: ${sha256('bob')} }
`

let upstream: EchoUpstream
let project: Project
let gateway: TestGateway | undefined
beforeAll(async () => {
  upstream = await startEchoUpstream()
  project = new Project({ 'keys.yaml': KEYS })
})
beforeEach(() => {
  upstream.calls = 0
})
afterEach(async () => {
  await gateway?.stop()
  gateway = undefined
})
afterAll(() => {
  upstream.close()
  project.remove()
})

async function serve(where: readonly string[], select = 'echo.v1.EchoService.Echo'): Promise<number> {
  gateway = await startGateway({
    ...echoConfig(upstream),
    auth: { providers: { keys: { apiKey: { header: 'x-api-key', file: `${project.path}/keys.yaml` } } } },
    policies: [
      { select: '*', auth: 'none' },
      { select, auth: { any: ['keys'], where } },
    ],
  })
  return gateway.port
}

describe.each([
  { where: "identity.subject == 'ann'", path: '/v1/echo', ann: true, bob: false },
  {
    where: "identity.kind == 'apiKey' && identity.provider == 'keys' && identity.issuer == ''",
    path: '/v1/echo',
    ann: true,
    bob: true,
  },
  { where: "'a' in identity.scopes", path: '/v1/echo', ann: true, bob: false },
  { where: "identity.roles.exists(r, r == 'admin')", path: '/v1/echo', ann: true, bob: false },
  { where: "claims.tenant == 'acme'", path: '/v1/echo', ann: true, bob: false },
  { where: 'has(claims.tenant)', path: '/v1/echo', ann: true, bob: false },
  { where: 'claims.level >= 4', path: '/v1/echo', ann: true, bob: false },
  { where: 'claims.nested.z', path: '/v1/echo', ann: true, bob: false },
  { where: "claims.tags == ['x', 'y']", path: '/v1/echo', ann: true, bob: false },
  {
    where: "request.text.startsWith('tenants/' + claims.tenant + '/')",
    path: '/v1/echo?text=tenants/acme/7',
    ann: true,
    bob: false,
  },
  {
    where: "request.text.startsWith('tenants/' + claims.tenant + '/')",
    path: '/v1/echo?text=tenants/other/7',
    ann: false,
    bob: false,
  },
  { where: "request.text.startsWith('tenants/' + claims.tenant + '/')", path: '/v1/echo', ann: false, bob: false },
  { where: 'request.number < 10', path: '/v1/echo?number=9', ann: true, bob: true },
  { where: 'request.number < 10', path: '/v1/echo?number=10', ann: false, bob: false },
  { where: 'request.big == 9007199254740993', path: '/v1/echo?big=9007199254740993', ann: true, bob: true },
  { where: 'request.words.all(w, w.size() < 3)', path: '/v1/echo?words=ab&words=cd', ann: true, bob: true },
  { where: 'request.words.all(w, w.size() < 3)', path: '/v1/echo?words=ab&words=cde', ann: false, bob: false },
  {
    where: "request.some_time < timestamp('2030-01-01T00:00:00Z')",
    path: '/v1/echo?some_time=2026-01-01T00:00:00Z',
    ann: true,
    bob: true,
  },
  // cel-spec, tests/simple/testdata/macros.textproto, "nested"
  {
    where: "request.words.all(w, ['a', 'b'].exists(start, w.startsWith(start)))",
    path: '/v1/echo?words=apple&words=bean',
    ann: true,
    bob: true,
  },
  {
    where: "request.words.all(w, ['a', 'b'].exists(start, w.startsWith(start)))",
    path: '/v1/echo?words=apple&words=corn',
    ann: false,
    bob: false,
  },
  // cel-spec, tests/simple/testdata/enums.textproto: constants by their qualified names
  { where: 'request.mood == echo.v1.Mood.GOOD', path: '/v1/echo?mood=GOOD', ann: true, bob: true },
  { where: 'request.mood == echo.v1.Mood.GOOD', path: '/v1/echo?mood=BAD', ann: false, bob: false },
  { where: 'request.mood in [.echo.v1.Mood.GOOD, echo.v1.Mood.BAD]', path: '/v1/echo?mood=2', ann: true, bob: true },
  { where: 'type(request.answer) == echo.v1.Answer', path: '/v1/echo', ann: true, bob: true },
  { where: 'request.answer == echo.v1.Answer{size: 5}', path: '/v1/echo?answer.size=5', ann: true, bob: true },
  { where: 'type(request.answer) != google.api.HttpBody', path: '/v1/echo', ann: true, bob: true },
  { where: 'type(request.some_time) == google.protobuf.Timestamp', path: '/v1/echo', ann: true, bob: true },
  { where: '!has(request.answer)', path: '/v1/echo', ann: true, bob: true },
  { where: "headers['x-env'] == 'prod, eu'", path: '/v1/echo', ann: true, bob: true },
  { where: "rpc == 'echo.v1.EchoService.Echo'", path: '/v1/echo', ann: true, bob: true },
  { where: "client.address == '127.0.0.1'", path: '/v1/echo', ann: true, bob: true },
  { where: "request.text.matches('^[a-z]+$')", path: '/v1/echo?text=abc', ann: true, bob: true },
  // Whatever does not come out true denies.
  { where: 'claims.missing', path: '/v1/echo', ann: false, bob: false },
  { where: '1 / request.number == 1', path: '/v1/echo?number=0', ann: false, bob: false },
  { where: "'true'", path: '/v1/echo', ann: false, bob: false },
  { where: '1', path: '/v1/echo', ann: false, bob: false },
  { where: 'null', path: '/v1/echo', ann: false, bob: false },
  { where: "headers['x-none'] == ''", path: '/v1/echo', ann: false, bob: false },
])('$where, asked for $path', ({ where, path, ann, bob }) => {
  test.each([
    { who: 'ann', allowed: ann },
    { who: 'bob', allowed: bob },
  ])('$who: $allowed', async ({ who, allowed }) => {
    const port = await serve([where])
    const answer = await callRest(port, 'GET', path, { headers: [`x-api-key: ${who}`, 'X-Env: prod', 'x-ENV: eu'] })
    expect(answer.status).toBe(allowed ? 200 : 403)
    expect(upstream.calls).toBe(allowed ? 1 : 0)
    if (!allowed) expect(answer.json).toMatchObject({ code: 7, details: [{ reason: 'PERMISSION_DENIED' }] })
  })
})

test('all of them have to be true', async () => {
  const port = await serve(["'a' in identity.scopes", 'request.number == 1'])
  const call = async (who: string, number: number) =>
    (await callRest(port, 'GET', `/v1/echo?number=${number}`, { headers: [`x-api-key: ${who}`] })).status
  expect([await call('ann', 1), await call('ann', 2), await call('bob', 1)]).toEqual([200, 403, 403])
})

test('over XML as well', async () => {
  const port = await serve(['request.number == 1'])
  const call = (number: number) =>
    callRest(port, 'POST', '/v1/echo', {
      headers: ['x-api-key: ann', 'Content-Type: application/xml', 'Accept: application/xml'],
      body: `<EchoRequest><number>${number}</number></EchoRequest>`,
    })
  expect((await call(1)).status).toBe(200)
  const denied = await call(2)
  expect([denied.status, denied.body]).toEqual([403, expect.stringContaining('PERMISSION_DENIED')])
})

test('what can be decided without the body is, before it is asked for', async () => {
  const port = await serve(["identity.subject == 'ann'", 'request.number == 1'])
  const answer = await sendRaw(
    port,
    'POST /v1/echo HTTP/1.1\r\nHost: a\r\nx-api-key: bob\r\nContent-Type: application/json\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n',
  )
  expect(answer.status).toBe(403)
})

describe('what cannot be used is refused when the configuration is loaded', () => {
  test.each([
    { where: 'request.', error: 'it is no expression' },
    { where: "identity.name == 'a'", error: 'there is no name in it' },
    { where: 'identities.subject', error: 'there is no identities: did you mean identity?' },
    { where: 'request.nmber == 1', error: 'echo.v1.EchoRequest has no field nmber: did you mean number?' },
    { where: 'request.answer.cod == 1', error: 'echo.v1.Answer has no field cod: did you mean code?' },
    {
      where: 'request.mood == echo.v1.Mood.GOD',
      error: 'there is no echo.v1.Mood.GOD: did you mean echo.v1.Mood.GOOD?',
    },
    {
      where: 'request.mood == echo.v2.Mood.GOOD',
      error: 'there is no echo.v2.Mood.GOOD: did you mean echo.v1.Mood.GOOD?',
    },
    { where: 'request.answer == echo.v1.Anser{}', error: 'there is no echo.v1.Anser: did you mean echo.v1.Answer?' },
    { where: 'type(request.some_time) == google.protobuf.Time', error: 'there is no google.protobuf.Time' },
    { where: 'type(request.some_time) == timestamp', error: 'there is no timestamp' },
    { where: 'client.ip', error: 'there is no ip in it' },
    { where: "lower('a') == 'a'", error: 'there is no function lower' },
    {
      where: 'request.words.all(a, request.words.exists(b, a != b))',
      error: 'only parts of its own variable can be gone through',
    },
    {
      where: 'request.words.all(a, [request.words].exists(b, b.exists(c, a != c)))',
      error: 'only parts of its own variable can be gone through',
    },
    { where: `'${'x'.repeat(5000)}' == ''`, error: 'more than 4096 characters' },
    { where: Array.from({ length: 300 }, (_, i) => `rpc == '${i}'`).join('||'), error: 'more than' },
  ])('$error', async ({ where, error }) => {
    await expect(serve([where])).rejects.toThrow(error)
  })

  test('a field that one of the methods does not have, naming it', async () => {
    await expect(serve(['request.text == "a"'], 'echo.v1.*')).rejects.toThrow(/UpdateRequest has no field text/)
  })

  test('once for each method, with the place in the file', async () => {
    const failure = await serve(['request.nope']).catch((error: unknown) => String(error))
    expect(String(failure).match(/has no field nope/g)).toHaveLength(1)
  })
})
