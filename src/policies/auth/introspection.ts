import type { IntrospectionProviderConfig } from '../../config/index.js'
import type { StatusError } from '../../status/index.js'
import type { PolicyRequest } from '../types.js'
import { credentialsOf } from './authorization-header.js'
import { BoundedCache } from './bounded-cache.js'
import { namedClaims, scopesAndRoles } from './claims.js'
import { authenticationUnavailable, invalidCredentials, quoted } from './failures.js'
import { textOf } from './jwt/remote-keys.js'
import type { AuthDependencies, AuthProvider, Found, Identity, ProviderKind } from './types.js'

const TIMEOUT_MS = 5_000
const MAX_CACHED = 5_000
/** Lookups under way; where there are so many the authorization server is not keeping up. */
const MAX_PENDING = 1_000

/** Tokens that only their authorization server can read: it is asked (RFC 7662). */
export const introspection: ProviderKind<IntrospectionProviderConfig> = {
  files: () => [],
  create: (config, _problems, dependencies) => new IntrospectionProvider(config, dependencies),
}

class IntrospectionProvider implements AuthProvider {
  readonly kind = 'introspection'
  readonly name: string
  readonly challenge: string
  readonly credentialHeaders = ['authorization']
  readonly credentialParameter = undefined
  readonly #config: IntrospectionProviderConfig
  readonly #dependencies: AuthDependencies
  readonly #active = new BoundedCache<Identity>(MAX_CACHED)
  /** One lookup serves all who ask for the same token meanwhile. */
  readonly #pending = new Map<string, Promise<Identity>>()

  constructor(config: IntrospectionProviderConfig, dependencies: AuthDependencies) {
    this.name = config.name
    this.challenge = `Bearer realm=${quoted(config.name)}`
    this.#config = config
    this.#dependencies = dependencies
  }

  authenticate({ http }: PolicyRequest): Found | Promise<Found> {
    const token = credentialsOf(http, 'bearer')
    if (token === undefined) return undefined
    return this.#active.get(token, this.#dependencies.now()) ?? this.#lookUp(token)
  }

  #lookUp(token: string): Promise<Identity> {
    const known = this.#pending.get(token)
    if (known !== undefined) return known
    if (this.#pending.size >= MAX_PENDING) return Promise.reject(authenticationUnavailable())
    const pending = this.#ask(token).finally(() => this.#pending.delete(token))
    this.#pending.set(token, pending)
    return pending
  }

  async #ask(token: string): Promise<Identity> {
    const { endpoint, clientId, clientSecret } = this.#config
    let answer: unknown
    try {
      const response = await this.#dependencies.fetch(endpoint, {
        method: 'POST',
        headers: {
          // RFC 6749 §2.3.1: both are form-encoded first.
          authorization: `Basic ${Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString('base64')}`,
          'content-type': 'application/x-www-form-urlencoded',
          accept: 'application/json',
        },
        body: new URLSearchParams({ token, token_type_hint: 'access_token' }).toString(),
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      answer = JSON.parse(await textOf(response))
    } catch {
      throw authenticationUnavailable()
    }
    if (typeof answer !== 'object' || answer === null) throw authenticationUnavailable()
    return this.#identityOf(token, answer as Readonly<Record<string, unknown>>)
  }

  #identityOf(token: string, answer: Readonly<Record<string, unknown>>): Identity {
    const { name, cacheForMs, claims, audiences, issuer } = this.#config
    const { active, exp, sub, iss, aud, client_id: clientId } = answer
    const nowMs = this.#dependencies.now()
    if (active !== true) throw this.#refuse('the token is not active')
    if (exp !== undefined && typeof exp !== 'number') throw this.#refuse("the token's expiry is no number")
    if (exp !== undefined && exp * 1000 <= nowMs) throw this.#refuse('the token has expired')
    if (issuer !== undefined && iss !== issuer) throw this.#refuse('the token is of another issuer')
    const own: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
    if (audiences.length > 0 && !own.some((one) => typeof one === 'string' && audiences.includes(one))) {
      throw this.#refuse('the token is for another audience')
    }
    const subject = typeof sub === 'string' ? sub : typeof clientId === 'string' ? clientId : ''
    const identity: Identity = {
      kind: 'introspection',
      provider: name,
      subject,
      issuer: typeof iss === 'string' ? iss : '',
      ...scopesAndRoles(answer, claims),
      claims: namedClaims(answer, claims),
    }
    const untilMs = Math.min(nowMs + cacheForMs, exp === undefined ? Infinity : exp * 1000)
    if (untilMs > nowMs) this.#active.set(token, identity, untilMs)
    return identity
  }

  #refuse(description: string): StatusError {
    return invalidCredentials(this.challenge, description)
  }
}

/** application/x-www-form-urlencoded of one value. */
function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}
