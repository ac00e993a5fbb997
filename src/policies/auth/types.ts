import type { AuthProviderConfig } from '../../config/index.js'
import type { Problems } from '../../problems/index.js'
import type { PolicyRequest } from '../types.js'

/** Who calls, as a provider found out. */
export interface Identity {
  readonly kind: AuthProviderConfig['kind']
  /** Name of the provider. */
  readonly provider: string
  /** A token's `sub`, a key's `id`, a user's name, a certificate's URI SAN or else DNS SAN or else CN. */
  readonly subject: string
  /** Of a token or a certificate; '' where there is none. */
  readonly issuer: string
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  /** By the names that the provider's `claims` give them, and their own. */
  readonly claims: Readonly<Record<string, unknown>>
}

/** What a provider finds: who calls; undefined: the request has no credentials of its kind. */
export type Found = Identity | undefined

/**
 * Finds out who calls by one kind of credentials. One serves many requests at once, and lives as long as its configuration
 * stays as it is: what it has learnt survives a reload.
 */
export interface AuthProvider {
  readonly name: string
  readonly kind: AuthProviderConfig['kind']
  /** A challenge (RFC 9110 §11.6.1) for who has no credentials: `Bearer realm="idp"`. */
  readonly challenge: string
  /** Headers that credentials come in, in lower case: they are not for the upstream. */
  readonly credentialHeaders: readonly string[]
  /** A query parameter that they may come in; undefined: none. */
  readonly credentialParameter: string | undefined
  /** When the keys it checks credentials with were last fetched, as Date.now(); undefined: not yet, or it fetches none. */
  readonly keysFetchedAtMs?: number | undefined
  /**
   * @throws StatusError, or rejects with one: 401 where the credentials are not good, 400 where they are malformed, 503 where
   *   it cannot be found out. Synchronous where nothing has to be waited for
   */
  authenticate(request: PolicyRequest): Found | Promise<Found>
}

/** What providers need of the world; tests give their own. */
export interface AuthDependencies {
  /** Milliseconds, as Date.now(). */
  readonly now: () => number
  readonly fetch: typeof fetch
}

export const systemAuth: AuthDependencies = { now: Date.now, fetch: (...request) => fetch(...request) }

/** A kind of provider: one file, and one line in the table of `providers.ts`. */
export interface ProviderKind<Config extends AuthProviderConfig = AuthProviderConfig> {
  /** @returns undefined where a file that it needs is wrong, which is reported */
  create(config: Config, problems: Problems, dependencies: AuthDependencies): AuthProvider | undefined
  /** Files that it reads: what is in them is part of what it is. */
  files(config: Config): readonly string[]
}
