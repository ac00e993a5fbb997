import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { until } from '../support/calls.js'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { AUDIENCE, CLIENT, IdentityProvider } from '../support/identity-provider.js'
import { callRest } from '../support/rest.js'

/* With a real OpenID provider: its tokens, by its own flows, with its keys rotated. */

let provider: IdentityProvider
let upstream: EchoUpstream
let gateway: TestGateway
beforeAll(async () => {
  provider = await IdentityProvider.start()
  upstream = await startEchoUpstream()
  gateway = await startGateway({
    ...echoConfig(upstream),
    auth: {
      providers: {
        idp: { jwt: { issuer: provider.url, audiences: [AUDIENCE], typ: 'at+jwt' } },
        opaque: {
          introspection: {
            endpoint: `${provider.url}/token/introspection`,
            clientId: CLIENT.id,
            clientSecret: CLIENT.secret,
          },
        },
      },
      forward: { claims: ['client_id'] },
    },
    policies: [{ select: '*', auth: { any: ['idp', 'opaque'], scopes: ['books.read'] } }],
  })
})
afterAll(async () => {
  await gateway.stop()
  upstream.close()
  provider.close()
})

const call = (token: string, headers: readonly string[] = []) =>
  callRest(gateway.port, 'GET', '/v1/echo?text=hi', { headers: [`Authorization: Bearer ${token}`, ...headers] })

describe('tokens of its flows', () => {
  test('client credentials: claims and scopes are checked, and the service sees who calls', async () => {
    const token = await provider.clientCredentials('books.read')
    expect((await call(token)).status).toBe(200)
    expect(upstream.headers).toMatchObject({
      'x-protobridge-identity': CLIENT.id,
      'x-protobridge-provider': 'idp',
      'x-protobridge-scopes': 'books.read',
      'x-protobridge-claim-client_id': CLIENT.id,
    })
    expect(upstream.headers).not.toHaveProperty('authorization')
  })

  test('authorization code', async () => {
    const token = await provider.authorizationCode('ann', 'books.read books.write')
    expect((await call(token)).status).toBe(200)
    expect(upstream.headers).toMatchObject({
      'x-protobridge-identity': 'ann',
      'x-protobridge-scopes': 'books.read books.write',
    })
  })

  test('over XML as well', async () => {
    const answer = await call(await provider.clientCredentials('books.read'), ['Accept: application/xml'])
    expect([answer.status, answer.body]).toEqual([200, expect.stringContaining('<text>hi</text>')])
  })

  test('without the scope: 403', async () => {
    const answer = await call(await provider.clientCredentials('books.write'))
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
      403,
      'Bearer error="insufficient_scope", scope="books.read"',
    ])
  })

  test('opaque, by introspection', async () => {
    const token = await provider.clientCredentials('books.read', 'https://opaque.example')
    expect(token.split('.')).toHaveLength(1)
    expect((await call(token)).status).toBe(200)
    expect(upstream.headers).toMatchObject({ 'x-protobridge-provider': 'opaque', 'x-protobridge-identity': CLIENT.id })
    // One more character is another token whatever the token is; another last one may be the one it has.
    expect((await call(`${token}x`)).status).toBe(401)
  })
})

test('its keys are rotated under load: 0 failures', async () => {
  let isOver = false
  let calls = 0
  const failures: number[] = []
  let token = await provider.clientCredentials('books.read')
  const load = Array.from({ length: 8 }, async () => {
    while (!isOver) {
      const { status } = await call(token)
      calls++
      if (status !== 200) failures.push(status)
    }
  })
  await until(() => calls > 200, 'the load runs')
  await provider.rotate()
  token = await provider.clientCredentials('books.read')
  const before = calls
  await until(() => calls > before + 300, 'the load goes on')
  isOver = true
  await Promise.all(load)
  expect(failures).toEqual([])
})
