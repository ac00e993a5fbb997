import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { EncryptJWT, exportJWK, exportSPKI, SignJWT, UnsecuredJWT } from 'jose'
import { COOLDOWN_MS } from '../../src/policies/auth/jwt/remote-keys.js'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { Issuer, makeKey } from '../support/issuer.js'
import { sendRaw } from '../support/raw-http.js'
import { callRest, type JsonAnswer } from '../support/rest.js'

/* Rulings: "Errors", what concerns credentials; RFC 6750, RFC 7519; contract "Auth" and "Identity". */

let upstream: EchoUpstream
let issuer: Issuer
let gateway: TestGateway | undefined
beforeAll(async () => {
  upstream = await startEchoUpstream()
})
beforeEach(async () => {
  issuer = await Issuer.start()
  upstream.calls = 0
})
afterEach(async () => {
  await gateway?.stop()
  gateway = undefined
  issuer.close()
})
afterAll(() => upstream.close())

interface Setup {
  readonly jwt?: object
  readonly providers?: object
  readonly forward?: object
  readonly policies?: object[]
}

async function serve({ jwt = {}, providers, forward = {}, policies }: Setup = {}): Promise<number> {
  gateway = await startGateway({
    ...echoConfig(upstream),
    auth: {
      providers: providers ?? {
        idp: { jwt: { issuer: issuer.url, audiences: ['api'], jwks: `${issuer.url}/jwks.json`, ...jwt } },
      },
      forward,
    },
    policies: policies ?? [{ select: '*', auth: { any: ['idp'] } }],
  })
  return gateway.port
}

const get = (port: number, token?: string, headers: readonly string[] = []): Promise<JsonAnswer> =>
  callRest(port, 'GET', '/v1/echo', {
    headers: [...headers, ...(token === undefined ? [] : [`Authorization: Bearer ${token}`])],
  })

const shown = ({ status, json, headers }: JsonAnswer) => [
  status,
  (json as { details?: { reason?: string }[] } | undefined)?.details?.[0]?.reason,
  headers.get('www-authenticate'),
]

describe('good tokens', () => {
  test.each(['RS256', 'PS256', 'ES256', 'EdDSA'])('%s', async (alg) => {
    issuer.keys = [await makeKey('k', alg)]
    const port = await serve({ jwt: { algorithms: [alg] } })
    expect((await get(port, await issuer.sign())).status).toBe(200)
  })

  test.each([
    { what: 'an audience among others', claims: { aud: ['x', 'api'] } },
    { what: 'without a subject', claims: { sub: undefined } },
  ])('$what', async ({ claims }) => {
    expect((await get(await serve(), await issuer.sign(claims))).status).toBe(200)
  })

  // So much that no machine is too slow to ask in time.
  test.each([
    { what: 'expired a moment ago', claims: (now: number) => ({ exp: now - 60 }) },
    { what: 'not before a moment from now', claims: (now: number) => ({ nbf: now + 300 }) },
  ])('$what, within the tolerance; not with the usual one', async ({ claims }) => {
    const token = await issuer.sign(claims(Math.floor(Date.now() / 1000)))
    const port = await serve({ jwt: { clockTolerance: '10m' } })
    expect((await get(port, token)).status).toBe(200)
    await gateway!.stop()
    expect((await get(await serve(), token)).status).toBe(401)
  })

  test('by discovery', async () => {
    const port = await serve({ jwt: { jwks: undefined } })
    expect((await get(port, await issuer.sign())).status).toBe(200)
  })

  test('by a shared secret', async () => {
    const secret = 'x'.repeat(32)
    const port = await serve({ jwt: { jwks: undefined, secret } })
    const token = await new SignJWT({ sub: 'ann' })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(issuer.url)
      .setAudience('api')
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode(secret))
    expect((await get(port, token)).status).toBe(200)
  })

  test('the scheme in any case', async () => {
    const port = await serve()
    const answer = await callRest(port, 'GET', '/v1/echo', {
      headers: [`authorization: bEaReR ${await issuer.sign()}`],
    })
    expect(answer.status).toBe(200)
  })

  test('a token is verified once, and its key fetched once', async () => {
    const port = await serve()
    const token = await issuer.sign()
    const answers = await Promise.all(Array.from({ length: 50 }, () => get(port, token)))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(issuer.jwksFetches).toBe(1)
    issuer.isAway = true
    expect((await get(port, token)).status).toBe(200)
  })
})

describe('no credentials: 401 and a challenge, without error', () => {
  test.each([
    { what: 'none', headers: [] },
    { what: 'another scheme', headers: ['Authorization: Basic YTpi'] },
    { what: 'an empty header', headers: ['Authorization:'] },
    { what: 'a token in the query', headers: [], query: '?access_token=x' },
    { what: 'a token under another name', headers: ['X-Authorization: Bearer x'] },
  ])('$what', async ({ headers, query = '' }) => {
    const port = await serve()
    const answer = await callRest(port, 'GET', `/v1/echo${query}`, { headers })
    expect(shown(answer)).toEqual([401, 'MISSING_CREDENTIALS', 'Bearer realm="idp"'])
    expect(upstream.calls).toBe(0)
  })
})

describe('credentials that are not good: 401 invalid_token', () => {
  const seconds = (): number => Math.floor(Date.now() / 1000)
  test.each<{ what: string; token: () => Promise<string> | string }>([
    { what: 'expired', token: () => issuer.sign({ exp: seconds() - 60 }) },
    { what: 'not yet', token: () => issuer.sign({ nbf: seconds() + 60 }) },
    { what: 'without exp', token: () => issuer.sign({ exp: undefined }) },
    { what: 'exp as text', token: () => issuer.sign({ exp: String(seconds() + 60) as unknown as number }) },
    { what: 'another audience', token: () => issuer.sign({ aud: 'other' }) },
    { what: 'no audience', token: () => issuer.sign({ aud: undefined }) },
    { what: 'another issuer', token: () => issuer.sign({ iss: 'https://evil.example' }) },
    { what: 'the issuer with a slash', token: () => issuer.sign({ iss: `${issuer.url}/` }) },
    { what: 'no issuer', token: () => issuer.sign({ iss: undefined }) },
    { what: 'not a token', token: () => 'abc' },
    { what: 'three parts of nothing', token: () => 'a.b.c' },
    {
      what: 'alg: none',
      token: () =>
        new UnsecuredJWT({ sub: 'root' }).setIssuer(issuer.url).setAudience('api').setExpirationTime('5m').encode(),
    },
    {
      what: 'alg: None, with a signature',
      token: async () => {
        const [, payload, signature] = (await issuer.sign()).split('.')
        return `${Buffer.from('{"alg":"None"}').toString('base64url')}.${payload}.${signature}`
      },
    },
    {
      what: 'HS256 with the public key as the secret',
      token: async () => {
        const { publicKey, kid } = issuer.keys[0]!
        return new SignJWT({ sub: 'root' })
          .setProtectedHeader({ alg: 'HS256', kid })
          .setIssuer(issuer.url)
          .setAudience('api')
          .setExpirationTime('5m')
          .sign(new TextEncoder().encode(await exportSPKI(publicKey)))
      },
    },
    {
      what: 'an algorithm that is not allowed',
      token: async () => issuer.sign({}, { key: await makeKey('k1', 'ES384') }),
    },
    { what: 'a key that is not known', token: async () => issuer.sign({}, { key: await makeKey('k9') }) },
    { what: 'another key under a known id', token: async () => issuer.sign({}, { key: await makeKey('k1') }) },
    {
      what: 'a key of its own in the header (jwk)',
      token: async () => {
        const own = await makeKey('own')
        return issuer.sign({}, { key: own, header: { jwk: await exportJWK(own.publicKey) } })
      },
    },
    {
      what: 'keys of its own by address (jku, x5u)',
      token: async () =>
        issuer.sign(
          {},
          { key: await makeKey('own'), header: { jku: `${issuer.url}/evil.json`, x5u: `${issuer.url}/evil.pem` } },
        ),
    },
    {
      what: 'crit that nobody knows',
      token: async () => {
        const { kid, alg, privateKey } = issuer.keys[0]!
        return new SignJWT({ sub: 'root', iss: issuer.url, aud: 'api', exp: seconds() + 60 })
          .setProtectedHeader({ alg, kid, crit: ['x'], x: 1 })
          .sign(privateKey, { crit: { x: true } })
      },
    },
    {
      what: 'encrypted',
      token: () =>
        new EncryptJWT({ sub: 'root', iss: issuer.url, aud: 'api' })
          .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
          .setExpirationTime('5m')
          .encrypt(new Uint8Array(32)),
    },
    {
      what: 'claims changed under the signature',
      token: async () => {
        const [header, , signature] = (await issuer.sign()).split('.')
        const claims = { iss: issuer.url, aud: 'api', sub: 'root', exp: seconds() + 60 }
        return `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`
      },
    },
    {
      what: 'no signature',
      token: async () => `${(await issuer.sign()).split('.').slice(0, 2).join('.')}.`,
    },
  ])('$what', async ({ token }) => {
    const port = await serve()
    const answer = await get(port, await token())
    expect(shown(answer)).toEqual([
      401,
      'INVALID_CREDENTIALS',
      expect.stringMatching(/^Bearer realm="idp", error="invalid_token", error_description="[^"]+"$/),
    ])
    expect(answer.json).toMatchObject({ code: 16 })
    expect(upstream.calls).toBe(0)
    // A good one is still good.
    expect((await get(port, await issuer.sign())).status).toBe(200)
  })

  test('in XML as well', async () => {
    const port = await serve()
    const answer = await get(port, 'a.b.c', ['Accept: application/xml'])
    expect(answer.status).toBe(401)
    expect(answer.body).toContain('INVALID_CREDENTIALS')
    expect(answer.headers.get('content-type')).toBe('application/xml')
  })
})

describe('credentials that are malformed: 400 invalid_request', () => {
  test.each([
    { what: 'two Authorization headers', lines: ['Authorization: Bearer a', 'Authorization: Bearer b'] },
    { what: 'two, of which one is another scheme', lines: ['Authorization: Basic YTpi', 'AUTHORIZATION: Bearer b'] },
    { what: 'Bearer without a token', lines: ['Authorization: Bearer'] },
    { what: 'a token with a space', lines: ['Authorization: Bearer a b'] },
    { what: 'a token with a comma', lines: ['Authorization: Bearer a,b'] },
  ])('$what', async ({ lines }) => {
    const port = await serve()
    const answer = await sendRaw(port, `GET /v1/echo HTTP/1.1\r\nHost: a\r\n${lines.join('\r\n')}\r\n\r\n`)
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
      400,
      expect.stringMatching(/^Bearer error="invalid_request"/),
    ])
    expect(upstream.calls).toBe(0)
  })
})

describe('keys', () => {
  test('10,000 tokens with unknown kid: one fetch more, all 401, and a good one passes', async () => {
    const port = await serve()
    const good = await issuer.sign()
    expect((await get(port, good)).status).toBe(200)
    const key = await makeKey('unknown')
    const started = performance.now()
    let wrong = 0
    for (let batch = 0; batch < 100; batch++) {
      const answers = await Promise.all(
        Array.from({ length: 100 }, async (_, i) =>
          get(port, await issuer.sign({ jti: `${batch}-${i}` }, { key, header: { kid: `kid-${batch}-${i}` } })),
        ),
      )
      wrong += answers.filter(({ status }) => status !== 401).length
    }
    expect(wrong).toBe(0)
    // One at the start; then one in each thirty seconds, where the machine is so slow.
    const cooldowns = Math.floor((performance.now() - started) / COOLDOWN_MS)
    expect(issuer.jwksFetches).toBeLessThanOrEqual(2 + cooldowns)
    expect((await get(port, await issuer.sign())).status).toBe(200)
  }, 120_000)

  test('rotated: the first token of a new key is good', async () => {
    const port = await serve()
    issuer.keys = [await makeKey('k2')]
    expect((await get(port, await issuer.sign())).status).toBe(200)
  })

  test('the issuer is away: keys that are known go on, unknown ones are 401; without any keys 503, never open', async () => {
    const port = await serve()
    const good = await issuer.sign()
    issuer.isAway = true
    expect(shown(await get(port, good))).toEqual([503, 'AUTHENTICATION_UNAVAILABLE', undefined])
    expect(shown(await get(port, good))[0]).toBe(503)
    issuer.isAway = false
    await new Promise((resolve) => setTimeout(resolve, 2100))
    expect((await get(port, good)).status).toBe(200)
    issuer.isAway = true
    expect((await get(port, await issuer.sign({ jti: 'other' }))).status).toBe(200)
    expect((await get(port, await issuer.sign({}, { key: await makeKey('k7') }))).status).toBe(401)
    expect(upstream.calls).toBe(2)
  })

  test.each([
    { what: 'discovery names another issuer', set: () => (issuer.discoveryIssuer = 'https://evil.example') },
    { what: 'the key set is empty, and fresh', set: () => (issuer.keys = []), status: 401 },
  ])('$what', async ({ set, status = 503 }) => {
    const token = await issuer.sign()
    set()
    const port = await serve({ jwt: { jwks: undefined } })
    expect((await get(port, token)).status).toBe(status)
    expect(upstream.calls).toBe(0)
  })
})

describe('may they', () => {
  test.each([
    { what: 'all scopes there', auth: { scopes: ['a', 'b'] }, claims: { scope: 'b a c' }, status: 200 },
    { what: 'scopes as a list', auth: { scopes: ['a'] }, claims: { scp: ['a'] }, status: 200 },
    {
      what: 'a scope missing',
      auth: { scopes: ['a', 'b'] },
      claims: { scope: 'a' },
      status: 403,
      challenge: 'Bearer error="insufficient_scope", scope="a b"',
    },
    {
      what: 'no scopes at all',
      auth: { scopes: ['a'] },
      claims: {},
      status: 403,
      challenge: 'Bearer error="insufficient_scope", scope="a"',
    },
    {
      what: 'a part of a scope',
      auth: { scopes: ['books'] },
      claims: { scope: 'books.read' },
      status: 403,
      challenge: 'Bearer error="insufficient_scope", scope="books"',
    },
    { what: 'one of the roles', auth: { roles: ['x', 'admin'] }, claims: { roles: ['admin'] }, status: 200 },
    { what: 'none of the roles', auth: { roles: ['x'] }, claims: { roles: ['admin'] }, status: 403 },
    { what: 'roles that are no list', auth: { roles: ['x'] }, claims: { roles: { x: true } }, status: 403 },
  ])('$what', async ({ auth, claims, status, challenge }) => {
    const port = await serve({ policies: [{ select: '*', auth }] })
    const answer = await get(port, await issuer.sign(claims))
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([status, challenge])
    expect(upstream.calls).toBe(status === 200 ? 1 : 0)
  })

  test('a method without auth where providers are configured: 403', async () => {
    const port = await serve({ policies: [{ select: '*', timeout: '5s' }] })
    const answer = await get(port, await issuer.sign())
    expect(shown(answer)).toEqual([403, 'PERMISSION_DENIED', undefined])
    expect(upstream.calls).toBe(0)
  })

  test('auth: none asks nobody, and forwards what came', async () => {
    const port = await serve({ policies: [{ select: '*', auth: 'none' }] })
    expect((await get(port, 'anything', ['Cookie: a=b'])).status).toBe(200)
    expect(upstream.headers).toMatchObject({ authorization: 'Bearer anything', cookie: 'a=b' })
    expect(upstream.headers).not.toHaveProperty('x-protobridge-identity')
  })

  test('a refused request’s body is not asked for', async () => {
    const port = await serve()
    const answer = await sendRaw(
      port,
      'POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100000\r\nExpect: 100-continue\r\n\r\n',
    )
    expect(answer.status).toBe(401)
  })
})

describe('what the upstream is told', () => {
  test('who calls, by whom, with which scopes and claims; not how they showed it', async () => {
    const port = await serve({
      jwt: { claims: { tenant: 'https://corp.example/tenant', team: 'org.team' } },
      forward: { claims: ['tenant', 'team', 'absent'] },
    })
    const token = await issuer.sign({ scope: 'a b', 'https://corp.example/tenant': 'acme', org: { team: 'ünï' } })
    const spoofed = [
      'x-protobridge-identity: root',
      'X-Protobridge-Scopes: admin',
      'x-protobridge-claim-tenant: evil',
      'Grpc-Metadata-Authorization: Bearer evil',
      'Grpc-Metadata-X-Protobridge-Identity: root',
      'Cookie: session=1',
      'x-other: kept',
    ]
    expect((await get(port, token, spoofed)).status).toBe(200)
    expect(upstream.headers).toMatchObject({
      'x-protobridge-identity': 'ann',
      'x-protobridge-provider': 'idp',
      'x-protobridge-scopes': 'a b',
      'x-protobridge-claim-tenant': 'acme',
      'x-protobridge-claim-team': '%C3%BCn%C3%AF',
      'x-other': 'kept',
    })
    for (const name of ['authorization', 'cookie', 'x-protobridge-claim-absent']) {
      expect(upstream.headers).not.toHaveProperty(name)
    }
  })

  test('the token too, where that is said', async () => {
    const port = await serve({ forward: { token: true } })
    const token = await issuer.sign()
    await get(port, token)
    expect(upstream.headers.authorization).toBe(`Bearer ${token}`)
  })

  test('header edits have the last word', async () => {
    const port = await serve({
      policies: [
        { select: '*', auth: { any: ['idp'] }, headers: { request: { set: { authorization: 'Bearer service' } } } },
      ],
    })
    await get(port, await issuer.sign())
    expect(upstream.headers.authorization).toBe('Bearer service')
  })
})

test('several issuers at once: each token by its own', async () => {
  const other = await Issuer.start()
  try {
    const jwt = (of: Issuer) => ({ jwt: { issuer: of.url, audiences: ['api'], jwks: `${of.url}/jwks.json` } })
    const port = await serve({
      providers: { a: jwt(issuer), b: jwt(other) },
      policies: [{ select: '*', auth: { any: ['a', 'b'] } }],
    })
    expect((await get(port, await other.sign())).status).toBe(200)
    expect(upstream.headers['x-protobridge-provider']).toBe('b')
    expect((await get(port, await issuer.sign())).status).toBe(200)
    expect((await get(port, await other.sign({ iss: issuer.url }))).status).toBe(401)
    const answer = await get(port)
    expect(answer.headers.get('www-authenticate')).toContain('Bearer realm="a"')
  } finally {
    other.close()
  }
})

describe('paths that are spelled otherwise never reach a method under a weaker policy', () => {
  test.each([
    '/v1/number/../echo',
    '/v1/./echo',
    '/v1//echo',
    '//v1/echo',
    '/v1/echo/',
    '/v1/%65cho',
    '/V1/ECHO',
    '/v1/echo;x=1',
    '/v1/echo%2f',
    '/v1%2Fecho',
    '/v1/echo%00',
    '/v1/number/%2e%2e/echo',
    '/v1/number%2f..%2fecho',
    '/v1/echo?x',
    '/v1/echo#x',
    'http://a/v1/echo',
  ])('%s', async (path) => {
    const port = await serve({
      policies: [
        { select: '*', auth: { any: ['idp'] } },
        { select: 'echo.v1.EchoService.SetNumber', auth: 'none' },
      ],
    })
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const answer = await sendRaw(
        port,
        `${method} ${path} HTTP/1.1\r\nHost: a\r\nX-HTTP-Method-Override: PUT\r\nContent-Length: 0\r\n\r\n`,
        { isHead: method === 'HEAD' },
      )
      expect(answer.status).not.toBe(200)
    }
    expect(upstream.calls).toBe(0)
  })
})

test('property: whatever the spelling, what reaches the upstream without credentials is a method that asks for none', async () => {
  const port = await serve({
    policies: [
      { select: '*', auth: { any: ['idp'] } },
      { select: 'echo.v1.EchoService.SetNumber, echo.v1.EchoService.Raw', auth: 'none' },
    ],
  })
  const OPEN = new Set(['/echo.v1.EchoService/SetNumber', '/echo.v1.EchoService/Raw'])
  const pieces = [
    '/',
    '//',
    '/.',
    '/..',
    '/%2e',
    '/%2E%2e',
    '/v1',
    '/V1',
    '/%76%31',
    '/echo',
    '/ECHO',
    '/%65cho',
    '/number',
    '/raw',
    '/items',
    '/a',
    '%2f',
    '%5c',
    '\\',
    ';x',
    ':verb',
    '%00',
    '?',
    '#',
    'http://h',
  ]
  const path = fc
    .tuple(
      fc.constantFrom('/v1/raw', '/v1/number', '/v1/echo', '/v1/items/1', '/v1/echo/x'),
      fc.array(fc.tuple(fc.nat(12), fc.constantFrom(...pieces)), { maxLength: 3 }),
    )
    .map(([base, inserts]) =>
      inserts.reduce<string>((text, [at, piece]) => `${text.slice(0, at)}${piece}${text.slice(at)}`, base),
    )
  const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'get', 'QUERY')
  const header = fc.constantFrom(
    '',
    'X-HTTP-Method-Override: PUT\r\n',
    'X-Original-URL: /v1/raw\r\n',
    'X-Rewrite-URL: /v1/raw\r\n',
    'X-Forwarded-Prefix: /v1\r\n',
  )
  await fc.assert(
    fc.asyncProperty(method, path, header, async (verb, target, extra) => {
      const { calls } = upstream
      const answer = await sendRaw(port, `${verb} ${target} HTTP/1.1\r\nHost: a\r\n${extra}Content-Length: 0\r\n\r\n`, {
        isHead: verb === 'HEAD',
      })
      if (upstream.calls > calls) expect(OPEN).toContain(upstream.headers[':path'])
      else expect(answer.status).not.toBe(200)
    }),
    { numRuns: 500 },
  )
  expect(upstream.calls).toBeGreaterThan(0)
}, 30_000)
