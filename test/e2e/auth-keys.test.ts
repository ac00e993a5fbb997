import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { SignJWT } from 'jose'
import { DiscoveredKeys } from '../../src/policies/auth/jwt/discovered-keys.js'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { Issuer, jwkOf, makeKey } from '../support/issuer.js'
import { sendRaw } from '../support/raw-http.js'
import { callRest, type JsonAnswer } from '../support/rest.js'

/* Rulings: "Errors", JWKS unreachable, two Authorization headers; "Headers", credentials. RFC 7515 §4.1.4, RFC 7517. */

let upstream: EchoUpstream
let issuer: Issuer
let gateway: TestGateway | undefined
/** What the address of the keys answers, with a 200. */
let answer = ''
let fetches = 0
const server = createServer((_req, res) => {
  fetches++
  res.end(answer)
})
beforeAll(async () => {
  upstream = await startEchoUpstream()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
beforeEach(async () => {
  issuer = await Issuer.start()
  fetches = 0
})
afterEach(async () => {
  await gateway?.stop()
  gateway = undefined
  issuer.close()
})
afterAll(() => {
  upstream.close()
  server.closeAllConnections()
  server.close()
})

async function serve({ providers = {}, forward = {} }: { providers?: object; forward?: object } = {}): Promise<number> {
  const jwks = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`
  gateway = await startGateway({
    ...echoConfig(upstream),
    auth: { providers: { ...providers, idp: { jwt: { issuer: issuer.url, audiences: ['api'], jwks } } }, forward },
    policies: [{ select: '*', auth: {} }],
  })
  upstream.calls = 0
  return gateway.port
}

const get = (port: number, headers: readonly string[]): Promise<JsonAnswer> =>
  callRest(port, 'GET', '/v1/echo', { headers: [...headers] })
const bearer = (token: string): string => `Authorization: Bearer ${token}`

describe('what the issuer answers with a 200 is no key set: 503, never open, and it is left alone for a moment', () => {
  test.each([
    { what: 'a page', body: '<html>sign in</html>' },
    { what: 'nothing', body: '' },
    { what: 'null', body: 'null' },
    { what: 'no keys', body: '{}' },
    { what: 'keys that are no list', body: '{"keys":"x"}' },
    { what: 'keys that are no objects', body: '{"keys":[1]}' },
  ])('$what', async ({ body }) => {
    const token = await issuer.sign()
    answer = body
    const port = await serve()
    for (let i = 0; i < 5; i++) expect((await get(port, [bearer(token)])).status).toBe(503)
    expect(fetches).toBe(1)
    expect(upstream.calls).toBe(0)
  })

  test('after keys that are fresh: those go on', async () => {
    answer = JSON.stringify({ keys: [await jwkOf(issuer.keys[0]!)] })
    const port = await serve()
    expect((await get(port, [bearer(await issuer.sign())])).status).toBe(200)
    answer = '<html>sign in</html>'
    expect((await get(port, [bearer(await issuer.sign({}, { key: await makeKey('k9') }))])).status).toBe(401)
    expect((await get(port, [bearer(await issuer.sign({ jti: 'other' }))])).status).toBe(200)
    expect(fetches).toBe(2)
  })
})

test.each([
  { what: 'a point that is none', x: 'AAAA' },
  { what: 'a coordinate that is a number', x: 5 },
])('a key that cannot be used, $what: its tokens are 401, those of others good', async ({ x }) => {
  const other = await makeKey('k2')
  answer = JSON.stringify({ keys: [{ ...(await jwkOf(issuer.keys[0]!)), x }, await jwkOf(other)] })
  const port = await serve()
  expect((await get(port, [bearer(await issuer.sign())])).status).toBe(401)
  expect((await get(port, [bearer(await issuer.sign({}, { key: other }))])).status).toBe(200)
})

test('a token without kid is tried with each key that fits', async () => {
  const keys = [await makeKey('a'), await makeKey('b'), await makeKey('rsa', 'RS256'), await makeKey('unknown')]
  answer = JSON.stringify({ keys: await Promise.all(keys.slice(0, 3).map((key) => jwkOf(key))) })
  const port = await serve()
  const statuses: number[] = []
  for (const { alg, privateKey } of keys) {
    const jwt = new SignJWT({ sub: 'ann' }).setProtectedHeader({ alg }).setIssuer(issuer.url).setAudience('api')
    const token = await jwt.setExpirationTime('5m').sign(privateKey)
    statuses.push((await get(port, [bearer(token)])).status)
  }
  expect(statuses).toEqual([200, 200, 200, 401])
})

describe('keys found by discovery, ten minutes later', () => {
  afterEach(() => {
    jest.restoreAllMocks()
  })

  test.each([
    { what: 'moved: found at the new address, and what was verified is verified again', isAway: false, used: '/b' },
    { what: 'the document is away: they are asked for where they were', isAway: true, used: '/a' },
  ])('$what', async ({ isAway, used }) => {
    let nowMs = Date.now()
    jest.spyOn(Date, 'now').mockImplementation(() => nowMs)
    const key = await makeKey('k')
    const keySet = JSON.stringify({ keys: [await jwkOf(key)] })
    let path = '/a'
    const asked: string[] = []
    let isDocumentAway = false
    const get: typeof fetch = (input) => {
      const { pathname } = new URL(input instanceof Request ? input.url : input)
      asked.push(pathname)
      if (!pathname.startsWith('/.well-known')) return Promise.resolve(new Response(keySet))
      if (isDocumentAway) return Promise.reject(new Error('away'))
      return Promise.resolve(Response.json({ issuer: 'https://idp.example', jwks_uri: `https://idp.example${path}` }))
    }
    let changes = 0
    const keys = new DiscoveredKeys('https://idp.example', { now: Date.now, fetch: get }, () => changes++)
    const find = () => keys.getKey({ alg: key.alg, kid: key.kid }, { payload: '', signature: '' })
    await find()
    await find()
    expect(asked).toEqual(['/.well-known/openid-configuration', '/a'])
    path = '/b'
    isDocumentAway = isAway
    nowMs += 601_000
    await Promise.all([find(), find()])
    expect(asked.slice(2)).toEqual(['/.well-known/openid-configuration', used])
    expect(changes).toBe(isAway ? 0 : 1)
  })
})

describe('a key beside a token', () => {
  let folder: string
  let keys: object
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'auth-keys-'))
    const file = join(folder, 'keys.yaml')
    writeFileSync(file, `keys: [{ id: partner, sha256: ${createHash('sha256').update('good').digest('hex')} }]\n`)
    keys = { apiKey: { header: 'x-api-key', file } }
  })
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })

  test('two Authorization headers are 400, whichever provider knows the caller', async () => {
    const port = await serve({ providers: { keys } })
    const { status, headers } = await sendRaw(
      port,
      'GET /v1/echo HTTP/1.1\r\nHost: a\r\nx-api-key: good\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n',
    )
    expect([status, headers.get('www-authenticate')]).toEqual([400, expect.stringContaining('error="invalid_request"')])
    expect(upstream.calls).toBe(0)
  })

  test.each(['Authorization', 'Cookie', 'X-Api-Key'])(
    'forward.token does not send on what came as Grpc-Metadata-%s',
    async (name) => {
      answer = JSON.stringify({ keys: [await jwkOf(issuer.keys[0]!)] })
      const port = await serve({ providers: { keys }, forward: { token: true } })
      const token = bearer(await issuer.sign())
      for (const credential of ['x-api-key: good', token]) {
        expect((await get(port, [credential, `Grpc-Metadata-${name}: evil`])).status).toBe(200)
        expect(JSON.stringify(upstream.headers)).not.toContain('evil')
      }
      expect(upstream.headers.authorization).toBe(token.slice('Authorization: '.length))
    },
  )
})
