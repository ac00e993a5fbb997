/**
 * The stack's identity provider: a real OpenID provider (npm oidc-provider) with one client, which gets tokens by the
 * client credentials grant (RFC 6749 §4.4).
 *
 *     node dist/stack/identity-provider.js --port 8090 [--host 127.0.0.1] [--issuer URL] [--jwks FILE]
 *
 * `--jwks` writes the public keys to a file too, for gateways that cannot ask for them by https.
 */
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider, type JWK } from 'oidc-provider'
import { AUDIENCE, BRIEF_AUDIENCE, CLIENT } from './client.js'

/** Tokens for one audience are good for long enough to look round, those for the other for hardly more than a moment. */
const LIFETIME_S: Readonly<Record<string, number>> = { [AUDIENCE]: 600, [BRIEF_AUDIENCE]: 1 }
const SCOPES = 'books.read books.write'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8090' },
    host: { type: 'string', default: '127.0.0.1' },
    issuer: { type: 'string' },
    jwks: { type: 'string' },
  },
})
const issuer = values.issuer ?? `http://127.0.0.1:${values.port}`

const { privateKey } = await generateKeyPair('RS256', { extractable: true })
const key = { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: `stack-${Date.now()}` } as JWK
if (values.jwks !== undefined) {
  const { kty, n, e, alg, use, kid } = key
  writeFileSync(values.jwks, JSON.stringify({ keys: [{ kty, n, e, alg, use, kid }] }))
}

const provider = new Provider(issuer, {
  jwks: { keys: [key] },
  clients: [
    {
      client_id: CLIENT.id,
      client_secret: CLIENT.secret,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      token_endpoint_auth_method: 'client_secret_basic',
    },
  ],
  scopes: SCOPES.split(' '),
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => AUDIENCE,
      useGrantedResource: () => true,
      getResourceServerInfo: (_context, resource) => ({
        scope: SCOPES,
        audience: resource,
        accessTokenFormat: 'jwt',
        accessTokenTTL: LIFETIME_S[resource] ?? 60,
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
  cookies: { keys: ['nobody-logs-in-here'] },
})
const handle = provider.callback()
const server = createServer((req, res) => void handle(req, res))
server.listen(Number(values.port), values.host, () => console.log(`identity provider listening on ${issuer}`))
const end = (): never => process.exit(0)
process.once('SIGTERM', end).once('SIGINT', end)
