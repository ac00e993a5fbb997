import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider, type JWK, type JWKS } from 'oidc-provider'

export const AUDIENCE = 'https://api.example'
export const CLIENT = { id: 'gateway-test', secret: 'a-secret-of-the-client-0123456789' } as const

/** A real OpenID provider (npm oidc-provider) on loopback. Its keys can be rotated: then it is another, at the same address. */
export class IdentityProvider {
  readonly url: string
  readonly #server: Server
  #keys: JWK[] = []
  #handle: ReturnType<Provider['callback']> | undefined

  private constructor(server: Server, url: string) {
    this.#server = server
    this.url = url
  }

  static async start(): Promise<IdentityProvider> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const provider = new IdentityProvider(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    server.on('request', (req, res) => void provider.#handle!(req, res))
    await provider.rotate()
    return provider
  }

  /** A new key signs from now on; the one before is still told. */
  async rotate(): Promise<void> {
    const { privateKey } = await generateKeyPair('RS256', { extractable: true })
    const key = {
      ...(await exportJWK(privateKey)),
      alg: 'RS256',
      use: 'sig',
      kid: `key-${Date.now()}-${this.#keys.length}`,
    } as JWK
    this.#keys = [key, ...this.#keys.slice(0, 1)]
    this.#handle = this.#make({ keys: this.#keys }).callback()
  }

  /** An access token by the client credentials grant (RFC 6749 §4.4). */
  async clientCredentials(scope: string, resource = AUDIENCE): Promise<string> {
    const { access_token: token } = await this.#token({ grant_type: 'client_credentials', scope, resource })
    return token
  }

  /** An access token by the authorization code grant (RFC 6749 §4.1) with PKCE; who asks is logged in without a page. */
  async authorizationCode(subject: string, scope: string): Promise<string> {
    const verifier = 'v'.repeat(64)
    const challenge = Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))).toString(
      'base64url',
    )
    const redirect = `${this.url}/done`
    const query = new URLSearchParams({
      client_id: CLIENT.id,
      response_type: 'code',
      redirect_uri: redirect,
      scope: `openid ${scope}`,
      code_challenge: challenge,
      code_challenge_method: 'S256',
      login_hint: subject,
      resource: AUDIENCE,
    })
    let location = `${this.url}/auth?${query.toString()}`
    const cookies = new Map<string, string>()
    for (let step = 0; !location.startsWith(redirect) && step < 10; step++) {
      const answer = await fetch(location, {
        redirect: 'manual',
        headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      })
      for (const cookie of answer.headers.getSetCookie()) {
        const [pair = ''] = cookie.split(';')
        cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
      }
      const next = answer.headers.get('location')
      if (next === null) throw new Error(`no redirection: ${answer.status} ${await answer.text()}`)
      location = new URL(next, location).href
    }
    const code = new URL(location).searchParams.get('code')
    if (code === null) throw new Error(`no code: ${location}`)
    const { access_token: token } = await this.#token({
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirect,
      code_verifier: verifier,
      resource: AUDIENCE,
    })
    return token
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  async #token(form: Record<string, string>): Promise<{ access_token: string }> {
    const answer = await fetch(`${this.url}/token`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${CLIENT.id}:${CLIENT.secret}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams(form).toString(),
    })
    if (answer.status !== 200) throw new Error(`no token: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as { access_token: string }
  }

  #make(jwks: JWKS): Provider {
    const provider = new Provider(this.url, {
      jwks,
      clients: [
        {
          client_id: CLIENT.id,
          client_secret: CLIENT.secret,
          grant_types: ['client_credentials', 'authorization_code'],
          response_types: ['code'],
          redirect_uris: [`${this.url}/done`],
          token_endpoint_auth_method: 'client_secret_basic',
          introspection_endpoint_auth_method: 'client_secret_basic',
        },
      ],
      scopes: ['openid', 'books.read', 'books.write'],
      findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        introspection: { enabled: true, allowedPolicy: () => true },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => AUDIENCE,
          useGrantedResource: () => true,
          getResourceServerInfo: (_context, resource) => ({
            scope: 'books.read books.write',
            audience: resource,
            accessTokenFormat: resource === AUDIENCE ? 'jwt' : 'opaque',
            accessTokenTTL: 300,
            jwt: { sign: { alg: 'RS256' } },
          }),
        },
      },
      interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
      cookies: { keys: ['a-key-for-the-cookies-of-tests'] },
    })
    // In place of a page where somebody logs in and consents.
    provider.use(async (context, next) => {
      if (!context.path.startsWith('/interaction/')) return next()
      const details = await provider.interactionDetails(context.req, context.res)
      const accountId = String(details.params['login_hint'])
      const grant = new provider.Grant({ accountId, clientId: CLIENT.id })
      grant.addOIDCScope('openid books.read books.write')
      grant.addResourceScope(AUDIENCE, 'books.read books.write')
      const grantId = await grant.save()
      await provider.interactionFinished(context.req, context.res, { login: { accountId }, consent: { grantId } })
      context.respond = false
    })
    return provider
  }
}
