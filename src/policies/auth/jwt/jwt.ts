import {
  createLocalJWKSet,
  decodeJwt,
  errors,
  jwtVerify,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
} from 'jose'
import type { JwtProviderConfig } from '../../../config/index.js'
import { readText, shownPath } from '../../../files/index.js'
import type { Problems } from '../../../problems/index.js'
import type { PolicyRequest } from '../../types.js'
import { credentialsOf } from '../authorization-header.js'
import { BoundedCache } from '../bounded-cache.js'
import { namedClaims, scopesAndRoles } from '../claims.js'
import { authenticationUnavailable, invalidCredentials, quoted } from '../failures.js'
import type { AuthDependencies, AuthProvider, Found, Identity, ProviderKind } from '../types.js'
import { DiscoveredKeys } from './discovered-keys.js'
import { KeysUnavailable, RemoteKeys } from './remote-keys.js'

/** Tokens that were found good, in all. */
const MAX_VERIFIED = 5_000
/** A token is verified again after this, so that a key that was withdrawn is noticed. */
const MAX_TRUSTED_MS = 300_000
/** A token that does not name its key is tried with so many: each try is a verification that anybody can ask for. */
const MAX_CANDIDATES = 8

/** Where keys come from. */
interface KeySource {
  readonly getKey: JWTVerifyGetKey | Uint8Array
  /** Tells a key that is not there from one that cannot be asked for. */
  readonly isFresh: boolean
  readonly fetchedAtMs?: number | undefined
}

/** JSON Web Tokens (RFC 7519, RFC 9068) in an Authorization header (RFC 6750). */
export const jwt: ProviderKind<JwtProviderConfig> = {
  files: ({ keys }) => (keys.from === 'file' ? [keys.file] : []),
  create: (config, problems, dependencies) => {
    const verified = new BoundedCache<Identity>(MAX_VERIFIED)
    const source = keySource(config, problems, dependencies, () => verified.clear())
    return source === undefined ? undefined : new JwtProvider(config, source, verified, dependencies)
  },
}

function keySource(
  { keys, issuer, position }: JwtProviderConfig,
  problems: Problems,
  dependencies: AuthDependencies,
  onChange: () => void,
): KeySource | undefined {
  switch (keys.from) {
    case 'secret':
      return { getKey: new TextEncoder().encode(keys.secret), isFresh: true }
    case 'url':
      return new RemoteKeys(new URL(keys.url), dependencies, onChange)
    case 'issuer':
      return new DiscoveredKeys(issuer, dependencies, onChange)
    case 'file':
      try {
        return {
          getKey: createLocalJWKSet(JSON.parse(readText(keys.file)) as JSONWebKeySet),
          isFresh: true,
        }
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        problems.error(position, `the key set ${shownPath(keys.file)} cannot be used: ${why}`, {
          advice: 'write a JSON Web Key Set: {"keys": […]}',
        })
        return undefined
      }
  }
}

class JwtProvider implements AuthProvider {
  readonly kind = 'jwt'
  readonly name: string
  readonly challenge: string
  readonly credentialHeaders = ['authorization']
  readonly credentialParameter = undefined
  readonly #config: JwtProviderConfig
  readonly #keys: KeySource
  readonly #verified: BoundedCache<Identity>
  readonly #now: () => number

  constructor(config: JwtProviderConfig, keys: KeySource, verified: BoundedCache<Identity>, { now }: AuthDependencies) {
    this.name = config.name
    this.challenge = `Bearer realm=${quoted(config.name)}`
    this.#config = config
    this.#keys = keys
    this.#verified = verified
    this.#now = now
  }

  get keysFetchedAtMs(): number | undefined {
    return this.#keys.fetchedAtMs
  }

  authenticate({ http }: PolicyRequest): Found | Promise<Found> {
    const token = credentialsOf(http, 'bearer')
    if (token === undefined) return undefined
    // The whole token is the key: what it says was verified with its signature.
    return this.#verified.get(token, this.#now()) ?? this.#verify(token)
  }

  async #verify(token: string): Promise<Identity> {
    const { issuer, audiences, algorithms, clockToleranceS, requiredClaims, typ } = this.#config
    // Before any key is asked for: a token of another issuer is none of ours.
    if (issuerOf(token) !== issuer) throw this.#refuse('the token is of another issuer, or is none')
    const options = {
      issuer,
      algorithms: [...algorithms],
      clockTolerance: clockToleranceS,
      requiredClaims: [...requiredClaims],
      currentDate: new Date(this.#now()),
      ...(audiences.length === 0 ? {} : { audience: [...audiences] }),
      ...(typ === undefined ? {} : { typ }),
    }
    try {
      const payload = await payloadOf(token, this.#keys.getKey, options)
      const identity = this.#identityOf(payload)
      const nowMs = this.#now()
      const untilMs = Math.min(nowMs + MAX_TRUSTED_MS, (payload.exp ?? Infinity) * 1000)
      this.#verified.set(token, identity, untilMs)
      return identity
    } catch (error) {
      throw this.#failureOf(error)
    }
  }

  #identityOf(payload: Readonly<Record<string, unknown>>): Identity {
    const { name, issuer, claims } = this.#config
    const { sub } = payload
    return {
      kind: 'jwt',
      provider: name,
      subject: typeof sub === 'string' ? sub : '',
      issuer,
      ...scopesAndRoles(payload, claims),
      claims: namedClaims(payload, claims),
    }
  }

  #failureOf(error: unknown): unknown {
    if (error instanceof errors.JWTExpired) return this.#refuse('the token has expired')
    if (error instanceof errors.JWTClaimValidationFailed) {
      return this.#refuse(
        `the token's ${error.claim} is ${error.reason === 'missing' ? 'missing' : 'not as it has to be'}`,
      )
    }
    if (error instanceof errors.JWKSTimeout || error instanceof KeysUnavailable) return this.#withoutKeys()
    if (error instanceof errors.JWKSNoMatchingKey) {
      return this.#keys.isFresh
        ? this.#refuse('the token is signed by a key that is not known')
        : authenticationUnavailable()
    }
    if (error instanceof errors.JWKSInvalid) return authenticationUnavailable()
    if (error instanceof errors.JOSEAlgNotAllowed) return this.#refuse("the token's algorithm is not allowed")
    if (error instanceof errors.JOSEError) return this.#refuse('the token cannot be verified')
    // Keys that are none for the algorithm, or none at all: a TypeError of jose, or what Web Crypto says to its import.
    const isBadKey = error instanceof TypeError || error instanceof DOMException
    return isBadKey ? this.#refuse('the token cannot be verified') : error
  }

  /** The issuer is away: its keys that are fresh hold, and a key that is not among them is not known. */
  #withoutKeys(): unknown {
    return this.#keys.isFresh
      ? this.#refuse('the token is signed by a key that is not known')
      : authenticationUnavailable()
  }

  #refuse(description: string): unknown {
    return invalidCredentials(this.challenge, description)
  }
}

/** What a token says, once its signature is good. One without `kid` (RFC 7515 §4.1.4) is tried with each key that fits. */
async function payloadOf(token: string, getKey: KeySource['getKey'], options: JWTVerifyOptions): Promise<JWTPayload> {
  if (getKey instanceof Uint8Array) return (await jwtVerify(token, getKey, options)).payload
  try {
    return (await jwtVerify(token, getKey, options)).payload
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    let tries = 0
    for await (const key of error) {
      if (++tries > MAX_CANDIDATES) break
      try {
        return (await jwtVerify(token, key, options)).payload
      } catch (failure) {
        if (!(failure instanceof errors.JWSSignatureVerificationFailed || failure instanceof TypeError)) throw failure
      }
    }
    throw new errors.JWSSignatureVerificationFailed()
  }
}

function issuerOf(token: string): unknown {
  try {
    return decodeJwt(token).iss
  } catch {
    return undefined
  }
}
