import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { createHash, X509Certificate } from 'node:crypto'
import { request as httpsRequest } from 'node:https'
import { hashPassword } from '../../src/policies/index.js'
import { CertificateAuthority, type Certificate } from '../support/certificates.js'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { Issuer } from '../support/issuer.js'
import { Project } from '../support/project.js'
import { callRest, type JsonAnswer } from '../support/rest.js'

/* API keys, client certificates, introspection and passwords; several of them together. */

let upstream: EchoUpstream
let gateway: TestGateway | undefined
let project: Project
beforeAll(async () => {
  upstream = await startEchoUpstream()
})
beforeEach(() => {
  upstream.calls = 0
})
afterEach(async () => {
  await gateway?.stop()
  gateway = undefined
  project?.remove()
})
afterAll(() => upstream.close())

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

async function serve(
  providers: object,
  auth: object = {},
  more: object = {},
  files: Record<string, string> = {},
): Promise<number> {
  project = new Project(files)
  const placed = JSON.parse(JSON.stringify(providers).replaceAll('FOLDER', project.path)) as object
  gateway = await startGateway({
    ...echoConfig(upstream),
    auth: { providers: placed, forward: { claims: ['tenant', 'owner'] } },
    policies: [{ select: '*', auth }],
    ...more,
  })
  return gateway.port
}

const get = (port: number, headers: readonly string[] = [], query = ''): Promise<JsonAnswer> =>
  callRest(port, 'GET', `/v1/echo${query}`, { headers })
const reason = (answer: JsonAnswer): unknown =>
  (answer.json as { details?: { reason?: string }[] }).details?.[0]?.reason

describe('API keys', () => {
  const KEYS = `keys:
  - { id: partner-a, sha256: ${sha256('key-a')}, owner: acme, scopes: [books.read], claims: { tenant: t1 } }
  - { id: old, sha256: ${sha256('key-old')}, expires: 2020-01-01T00:00:00Z }
  - { id: empty, sha256: ${sha256('')} }
`
  const PROVIDERS = { keys: { apiKey: { header: 'X-Api-Key', query: 'api_key', file: 'FOLDER/keys.yaml' } } }
  const start = (auth: object = {}): Promise<number> => serve(PROVIDERS, auth, {}, { 'keys.yaml': KEYS })

  test.each([
    { how: 'in the header', headers: ['x-api-key: key-a'], query: '' },
    { how: 'in the query', headers: [], query: '?api_key=key-a' },
    { how: 'in the query, escaped, among others', headers: [], query: '?text=x&api%5Fkey=key%2Da' },
    { how: 'in both, the same', headers: ['X-API-KEY: key-a'], query: '?api_key=key-a' },
  ])('$how', async ({ headers, query }) => {
    const port = await start()
    expect((await get(port, headers, query)).status).toBe(200)
    expect(upstream.headers).toMatchObject({
      'x-protobridge-identity': 'partner-a',
      'x-protobridge-provider': 'keys',
      'x-protobridge-scopes': 'books.read',
      'x-protobridge-claim-tenant': 't1',
      'x-protobridge-claim-owner': 'acme',
    })
    expect(upstream.headers).not.toHaveProperty('x-api-key')
  })

  test.each([
    { what: 'none', headers: [], query: '', status: 401, why: 'MISSING_CREDENTIALS' },
    { what: 'an unknown one', headers: ['x-api-key: key-b'], query: '', status: 401, why: 'INVALID_CREDENTIALS' },
    {
      what: 'its hash',
      headers: [`x-api-key: ${sha256('key-a')}`],
      query: '',
      status: 401,
      why: 'INVALID_CREDENTIALS',
    },
    { what: 'an expired one', headers: ['x-api-key: key-old'], query: '', status: 401, why: 'INVALID_CREDENTIALS' },
    {
      what: 'two different ones',
      headers: ['x-api-key: key-a'],
      query: '?api_key=key-b',
      status: 400,
      why: 'MALFORMED_CREDENTIALS',
    },
    {
      what: 'two in the query',
      headers: [],
      query: '?api_key=key-a&api_key=key-b',
      status: 400,
      why: 'MALFORMED_CREDENTIALS',
    },
    {
      what: 'one in Authorization',
      headers: ['Authorization: Bearer key-a'],
      query: '',
      status: 401,
      why: 'MISSING_CREDENTIALS',
    },
  ])('$what: $status', async ({ headers, query, status, why }) => {
    const port = await start()
    const answer = await get(port, headers, query)
    expect([answer.status, reason(answer)]).toEqual([status, why])
    expect(answer.headers.get('www-authenticate')).toBeDefined()
    expect(upstream.calls).toBe(0)
    expect(answer.body).not.toContain('key-a')
  })

  test('a scope that the key lacks', async () => {
    const port = await start({ scopes: ['books.write'] })
    expect((await get(port, ['x-api-key: key-a'])).status).toBe(403)
  })

  test('in XML as well', async () => {
    const port = await start()
    const answer = await get(port, ['x-api-key: key-a', 'Accept: application/xml'], '?text=hi')
    expect([answer.status, answer.body]).toEqual([200, expect.stringContaining('<text>hi</text>')])
  })

  test.each([
    { what: 'no list', file: 'keys: {}', error: 'keys.yaml:1:1: a file of keys has one key' },
    {
      what: 'a hash that is none',
      file: 'keys:\n  - { id: a, sha256: abc }',
      error: 'keys.yaml:2:22: "sha256" is wrong',
    },
    {
      what: 'a key misspelt',
      file: `keys:\n  - { id: a, sha256: ${sha256('x')}, expire: 2027-01-01T00:00:00Z }`,
      error: 'unknown key "expire"',
    },
    ...['soon', '"5"', 'March 7 2030', '1/2/2030', '2030-02-30', '2030-02-30T00:00:00Z', '2030-01-01T00:00:00'].map(
      (expires) => ({
        what: `${expires} for a date`,
        file: `keys:\n  - { id: a, sha256: ${sha256('x')}, expires: ${expires} }`,
        error: '"expires" is wrong: write it like 2027-01-01T00:00:00Z',
      }),
    ),
    {
      what: 'one hash twice',
      file: `keys:\n  - { id: a, sha256: ${sha256('x')} }\n  - { id: b, sha256: ${sha256('x')} }`,
      error: 'keys.yaml:3:5: the key is there twice',
    },
    { what: 'no YAML', file: 'keys: [', error: 'not well-formed' },
  ])('a file with $what is refused', async ({ file, error }) => {
    await expect(serve(PROVIDERS, {}, {}, { 'keys.yaml': file })).rejects.toThrow(error)
  })

  test.each(['2000-01-01', '2000-02-29T12:00:00Z', '2000-01-01T00:00:00.5+02:00'])(
    'a key of %s has expired',
    async (expires) => {
      const keys = `keys:\n  - { id: a, sha256: ${sha256('x')}, expires: ${expires} }`
      const port = await serve(PROVIDERS, {}, {}, { 'keys.yaml': keys })
      expect((await get(port, ['x-api-key: x'])).status).toBe(401)
    },
  )

  test('an empty key is none of them', async () => {
    const port = await start()
    expect((await get(port, ['x-api-key:'])).status).not.toBe(200)
  })
})

describe('client certificates', () => {
  let authority: CertificateAuthority
  let server: Certificate
  beforeAll(async () => {
    authority = await CertificateAuthority.create()
    server = await authority.issue({ name: 'gateway', altNames: ['127.0.0.1'] })
  })

  async function secure(allow: readonly object[], more: object = {}): Promise<number> {
    const files = {
      'c.pem': server.cert.toString(),
      'k.pem': server.key.toString(),
      'ca.pem': authority.cert.toString(),
    }
    project = new Project(files)
    gateway = await startGateway({
      ...echoConfig(upstream),
      listen: {
        host: '127.0.0.1',
        port: 0,
        tls: {
          cert: `${project.path}/c.pem`,
          key: `${project.path}/k.pem`,
          clientCa: `${project.path}/ca.pem`,
          clientCert: 'request',
        },
      },
      auth: { providers: { certs: { mtls: { allow } } } },
      policies: [{ select: '*', auth: { any: ['certs'] } }],
      ...more,
    })
    return gateway.port
  }

  function call(port: number, certificate?: Certificate): Promise<number> {
    return new Promise((resolve, reject) => {
      const sent = httpsRequest(
        { host: '127.0.0.1', port, path: '/v1/echo', ca: authority.cert, ...certificate, agent: false },
        (response) => {
          response.resume()
          resolve(response.statusCode!)
        },
      )
      sent.on('error', reject)
      sent.end()
    })
  }

  test.each([
    {
      what: 'a URI, by a pattern',
      altNames: ['spiffe://corp/ns/a', 'a.corp'],
      allow: [{ san: 'spiffe://corp/ns/*' }],
      status: 200,
      subject: 'spiffe://corp/ns/a',
    },
    { what: 'a DNS name', altNames: ['a.corp'], allow: [{ san: 'a.corp' }], status: 200, subject: 'a.corp' },
    { what: 'any that the authority signed', altNames: [], allow: [], status: 200, subject: 'client' },
    { what: 'another name', altNames: ['b.corp'], allow: [{ san: 'a.corp' }], status: 401 },
    {
      what: 'a pattern without anything after it',
      altNames: ['spiffe://corp/ns/'],
      allow: [{ san: 'spiffe://corp/ns/*' }],
      status: 401,
    },
    {
      what: 'a name that has the pattern within it',
      altNames: ['spiffe://evil/spiffe://corp/ns/a'],
      allow: [{ san: 'spiffe://corp/ns/*' }],
      status: 401,
    },
    {
      what: 'a name with a comma in it',
      altNames: ['spiffe://evil/a, URI:spiffe://corp/ns/a'],
      allow: [{ san: 'spiffe://corp/ns/*' }],
      status: 401,
    },
  ])('$what: $status', async ({ altNames, allow, status, subject }) => {
    const port = await secure(allow)
    const certificate = await authority.issue({ name: 'client', altNames, use: 'client' })
    expect(await call(port, certificate)).toBe(status)
    if (subject !== undefined) expect(upstream.headers['x-protobridge-identity']).toBe(subject)
    else expect(upstream.calls).toBe(0)
  })

  test('those that name nobody are not the same caller', async () => {
    const port = await secure([])
    for (let i = 0; i < 2; i++) {
      const certificate = await authority.issue({ name: '', use: 'client' })
      expect(await call(port, certificate)).toBe(200)
      const fingerprint = new X509Certificate(certificate.cert).fingerprint256.replaceAll(':', '').toLowerCase()
      expect(upstream.headers['x-protobridge-identity']).toBe(`sha256:${fingerprint}`)
    }
  })

  test('in XML as well', async () => {
    const port = await secure([])
    const certificate = await authority.issue({ name: 'client', altNames: ['a.corp'], use: 'client' })
    expect(await xmlOver(port, certificate)).toEqual([200, expect.stringContaining('<text>hi</text>')])
    expect(upstream.headers['x-protobridge-identity']).toBe('a.corp')
    expect(await xmlOver(port)).toEqual([401, expect.stringContaining('MISSING_CREDENTIALS')])
  })

  function xmlOver(port: number, certificate?: Certificate): Promise<[number, string]> {
    return new Promise((resolve, reject) => {
      const headers = { accept: 'application/xml' }
      const options = { host: '127.0.0.1', port, path: '/v1/echo?text=hi', headers, ca: authority.cert, agent: false }
      const sent = httpsRequest({ ...options, ...certificate }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => resolve([response.statusCode!, Buffer.concat(chunks).toString()]))
      })
      sent.on('error', reject)
      sent.end()
    })
  }

  test('a fingerprint, however it is written', async () => {
    const certificate = await authority.issue({ name: 'client', use: 'client' })
    const { fingerprint256 } = new X509Certificate(certificate.cert)
    const other = await authority.issue({ name: 'client', use: 'client' })
    for (const written of [fingerprint256, fingerprint256.replaceAll(':', '').toLowerCase()]) {
      const port = await secure([{ fingerprint: `sha256:${written}` }])
      expect(await call(port, certificate)).toBe(200)
      expect(await call(port, other)).toBe(401)
      await gateway!.stop()
      gateway = undefined
      project.remove()
    }
  })

  test('no certificate, and one of another authority: 401', async () => {
    const port = await secure([])
    expect(await call(port)).toBe(401)
    const other = await CertificateAuthority.create('other')
    expect(await call(port, await other.issue({ name: 'client', use: 'client' }))).toBe(401)
    expect(upstream.calls).toBe(0)
  })
})

describe('introspection', () => {
  let issuer: Issuer
  beforeEach(async () => {
    issuer = await Issuer.start()
  })
  afterEach(() => issuer.close())

  const start = (more: object = {}, auth: object = {}): Promise<number> =>
    serve(
      {
        oauth: {
          introspection: {
            endpoint: `${issuer.url}/introspect`,
            clientId: 'g w',
            clientSecret: 's:1',
            cacheFor: '30s',
            ...more,
          },
        },
      },
      auth,
    )
  const bearer = (token: string): string[] => [`Authorization: Bearer ${token}`]

  test('an active token, asked for once', async () => {
    issuer.introspect = (token) => ({ active: token === 'good', sub: 'bob', scope: 'a b', tenant: 't9' })
    const port = await start({}, { scopes: ['a'] })
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(port, bearer('good'))))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(issuer.introspections).toHaveLength(1)
    expect(issuer.introspections[0]).toBe(
      `Basic ${Buffer.from('g+w:s%3A1').toString('base64')} token=good&token_type_hint=access_token`,
    )
    expect(upstream.headers).toMatchObject({ 'x-protobridge-identity': 'bob', 'x-protobridge-claim-tenant': 't9' })
    expect(upstream.headers).not.toHaveProperty('authorization')
  })

  test('in XML as well', async () => {
    issuer.introspect = (token) => ({ active: token === 'good', sub: 'bob' })
    const port = await start()
    const answer = await get(port, [...bearer('good'), 'Accept: application/xml'], '?text=hi')
    expect([answer.status, answer.body]).toEqual([200, expect.stringContaining('<text>hi</text>')])
    const refused = await get(port, [...bearer('bad'), 'Accept: application/xml'])
    expect([refused.status, refused.body]).toEqual([401, expect.stringContaining('INVALID_CREDENTIALS')])
  })

  const seconds = (): number => Math.floor(Date.now() / 1000)
  test.each<{ what: string; answer: object | string; more?: object; status: number }>([
    { what: 'not active', answer: { active: false }, status: 401 },
    { what: 'active as text', answer: { active: 'true' }, status: 401 },
    { what: 'nothing about it', answer: {}, status: 401 },
    { what: 'expired all the same', answer: { active: true, exp: seconds() - 5 }, status: 401 },
    { what: 'another audience', answer: { active: true, aud: 'x' }, more: { audiences: ['api'] }, status: 401 },
    {
      what: 'the audience among others',
      answer: { active: true, aud: ['x', 'api'] },
      more: { audiences: ['api'] },
      status: 200,
    },
    {
      what: 'an audience that is no text',
      answer: { active: true, aud: { toString: 1 } },
      more: { audiences: ['api'] },
      status: 401,
    },
    {
      what: 'an audience that only reads like it',
      answer: { active: true, aud: [['api']] },
      more: { audiences: ['api'] },
      status: 401,
    },
    { what: 'no audience', answer: { active: true }, more: { audiences: ['undefined'] }, status: 401 },
    { what: 'an expiry that is no number', answer: { active: true, exp: '1' }, status: 401 },
    {
      what: 'another issuer',
      answer: { active: true, iss: 'x' },
      more: { issuer: 'https://idp.example' },
      status: 401,
    },
    { what: 'no JSON', answer: 'active', status: 503 },
    { what: 'no object', answer: '[true]', status: 401 },
    { what: 'null', answer: 'null', status: 503 },
    { what: 'a megabyte and more', answer: `{"active":true,"x":"${'x'.repeat(1_100_000)}"}`, status: 503 },
  ])('$what: $status', async ({ answer, more, status }) => {
    issuer.introspect = () => answer
    const port = await start(more)
    expect((await get(port, bearer('t'))).status).toBe(status)
    expect(upstream.calls).toBe(status === 200 ? 1 : 0)
  })

  test('away: 503, never open', async () => {
    const port = await start()
    issuer.isAway = true
    expect((await get(port, bearer('t'))).status).toBe(503)
    expect(upstream.calls).toBe(0)
  })
})

describe('name and password', () => {
  let users: string
  beforeAll(async () => {
    const salt = Buffer.from('0123456789abcdef')
    const made = await hashPassword('geheim:ü', salt)
    users = `users:\n  - { name: old-erp, scrypt: "${salt.toString('base64')}:${made.toString('base64')}", scopes: [a] }\n`
  })
  const start = (auth: object = {}): Promise<number> =>
    serve({ old: { basic: { file: 'FOLDER/users.yaml' } } }, auth, {}, { 'users.yaml': users })
  const basic = (text: string): string[] => [`Authorization: Basic ${Buffer.from(text).toString('base64')}`]

  test('the right ones, also with a colon and letters beyond ASCII in the password', async () => {
    const port = await start({ scopes: ['a'] })
    for (let i = 0; i < 5; i++) expect((await get(port, basic('old-erp:geheim:ü'))).status).toBe(200)
    expect(upstream.headers['x-protobridge-identity']).toBe('old-erp')
  })

  test.each([
    { what: 'a wrong password', text: 'old-erp:x', status: 401 },
    { what: 'an unknown user', text: 'root:geheim:ü', status: 401 },
    { what: 'an empty password', text: 'old-erp:', status: 401 },
    { what: 'no colon', text: 'old-erp', status: 400 },
    { what: 'another case', text: 'OLD-ERP:geheim:ü', status: 401 },
  ])('$what: $status', async ({ text, status }) => {
    const port = await start()
    expect((await get(port, basic(text))).status).toBe(status)
    expect(upstream.calls).toBe(0)
  })

  test('in XML as well', async () => {
    const port = await start()
    const answer = await get(port, [...basic('old-erp:geheim:ü'), 'Accept: application/xml'], '?text=hi')
    expect([answer.status, answer.body]).toEqual([200, expect.stringContaining('<text>hi</text>')])
    const refused = await get(port, [...basic('old-erp:x'), 'Accept: application/xml'])
    expect([refused.status, refused.body]).toEqual([401, expect.stringContaining('INVALID_CREDENTIALS')])
  })

  test('the challenge names the charset', async () => {
    const port = await start()
    expect((await get(port)).headers.get('www-authenticate')).toBe('Basic realm="old", charset="UTF-8"')
  })

  test('who tries often is told to wait, and the right password too while it is not known', async () => {
    const port = await start()
    const codes: number[] = []
    for (let i = 0; i < 25; i++) codes.push((await get(port, basic(`old-erp:${i}`))).status)
    expect(codes.slice(0, 20)).toEqual(new Array(20).fill(401))
    expect(codes.slice(20)).toEqual(new Array(5).fill(429))
  }, 30_000)

  test.each([
    { file: 'users:\n  - { name: "a:b", scrypt: "AAAA:AAAA" }', error: 'users.yaml:2:13: "name" is wrong' },
    { file: 'users:\n  - { name: a, scrypt: "AAAA:AAAA" }', error: 'users.yaml:2:24: "scrypt" is wrong' },
    { file: 'users:\n  - a', error: 'users.yaml:2:5: an entry is no mapping' },
  ])('$error', async ({ file, error }) => {
    const providers = { old: { basic: { file: 'FOLDER/users.yaml' } } }
    await expect(serve(providers, {}, {}, { 'users.yaml': file })).rejects.toThrow(error)
  })
})

describe('several of them', () => {
  const FILES = {
    'a.yaml': `keys: [{ id: a, sha256: ${sha256('a')}, scopes: [x] }]`,
    'b.yaml': `keys: [{ id: b, sha256: ${sha256('b')}, scopes: [y] }]`,
  }
  const PROVIDERS = {
    a: { apiKey: { header: 'x-a', file: 'FOLDER/a.yaml' } },
    b: { apiKey: { header: 'x-b', file: 'FOLDER/b.yaml' } },
  }
  const A = 'x-a: a'
  const B = 'x-b: b'

  test.each([
    { auth: { any: ['a', 'b'] }, headers: [A], status: 200, as: 'a' },
    { auth: { any: ['a', 'b'] }, headers: [B], status: 200, as: 'b' },
    { auth: { any: ['b', 'a'] }, headers: [A, B], status: 200, as: 'b' },
    { auth: { any: ['a', 'b'] }, headers: ['x-a: wrong', B], status: 200, as: 'b' },
    { auth: { any: ['a', 'b'] }, headers: ['x-a: wrong'], status: 401 },
    { auth: { any: ['a'] }, headers: [B], status: 401 },
    { auth: { all: ['a', 'b'] }, headers: [A, B], status: 200, as: 'a' },
    { auth: { all: ['a', 'b'], scopes: ['x', 'y'] }, headers: [A, B], status: 200, as: 'a' },
    { auth: { any: ['a', 'b'], scopes: ['x', 'y'] }, headers: [A, B], status: 403 },
    { auth: { all: ['a', 'b'] }, headers: [A], status: 401 },
    { auth: { all: ['a', 'b'] }, headers: [A, 'x-b: wrong'], status: 401 },
    { auth: {}, headers: [B], status: 200, as: 'b' },
    { auth: { scopes: ['y'] }, headers: [B], status: 200, as: 'b' },
  ])('$auth with $headers: $status', async ({ auth, headers, status, as }) => {
    const port = await serve(PROVIDERS, auth, {}, FILES)
    expect((await get(port, headers)).status).toBe(status)
    if (as !== undefined) expect(upstream.headers['x-protobridge-identity']).toBe(as)
    else expect(upstream.calls).toBe(0)
  })

  test('a challenge for each of them', async () => {
    const port = await serve(PROVIDERS, { any: ['a', 'b'] }, {}, FILES)
    const challenges = (await get(port)).headers.get('www-authenticate')
    expect(challenges).toContain('ApiKey realm="a", header="x-a"')
  })

  test('credentials of a provider that the method does not take are not for the upstream either', async () => {
    const port = await serve(PROVIDERS, { any: ['a'] }, {}, FILES)
    expect((await get(port, [A, B])).status).toBe(200)
    expect(upstream.headers).not.toHaveProperty('x-a')
    expect(upstream.headers).not.toHaveProperty('x-b')
  })
})

describe('settings that cannot be', () => {
  test.each([
    { providers: { a: {} }, auth: {}, error: 'auth.providers.a' },
    { providers: { a: { apiKey: { file: 'FOLDER/k.yaml' } } }, auth: {}, error: 'nothing says where the key is' },
    {
      providers: { a: { jwt: { issuer: 'http://idp.example' } } },
      auth: {},
      error: '"http://idp.example" is neither https nor on loopback',
    },
    {
      providers: { a: { jwt: { issuer: 'https://i', jwks: 'http://idp.example/k' } } },
      auth: {},
      error: 'is neither https nor on loopback (auth.providers.a.jwt.jwks)',
    },
    {
      providers: { a: { jwt: { issuer: 'https://i', algorithms: ['HS256'] } } },
      auth: {},
      error: 'HS256 goes with a secret only',
    },
    {
      providers: { a: { jwt: { issuer: 'https://i', secret: 'x'.repeat(32), algorithms: ['RS256'] } } },
      auth: {},
      error: 'RS256 does not go with a secret',
    },
    { providers: { a: { jwt: { issuer: 'https://i', secret: 'short' } } }, auth: {}, error: 'the secret is too short' },
    {
      providers: { a: { jwt: { issuer: 'https://i', algorithms: ['none'] } } },
      auth: {},
      error: 'auth.providers.a.jwt.algorithms[0]',
    },
    {
      providers: { a: { jwt: { issuer: 'https://i' }, basic: { file: 'FOLDER/k.yaml' } } },
      auth: {},
      error: 'auth.providers.a',
    },
    { providers: { a: { mtls: { allow: [{}] } } }, auth: {}, error: 'an entry has a san or a fingerprint' },
    {
      providers: { a: { mtls: { allow: [{ fingerprint: 'sha256:00' }] } } },
      auth: {},
      error: 'this is no fingerprint',
    },
    {
      providers: { a: { mtls: { allow: [{ san: 'spiffe://*/x' }] } } },
      auth: {},
      error: 'a "*" stands only at the end',
    },
    {
      providers: { a: { mtls: {} } },
      auth: { any: ['b'] },
      error: 'no provider is named "b" (policies[0].auth.any[0])',
    },
    { providers: { a: { mtls: {} } }, auth: { any: ['a'], all: ['a'] }, error: 'any and all exclude one another' },
    { providers: {}, auth: { scopes: ['x'] }, error: 'no provider is configured that could tell who calls' },
  ])('$error', async ({ providers, auth, error }) => {
    await expect(serve(providers, auth, {}, { 'k.yaml': 'keys: []' })).rejects.toThrow(error)
  })
})
