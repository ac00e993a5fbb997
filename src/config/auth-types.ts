import type { Position } from '../problems/index.js'
import type { Located } from './types.js'

/** `auth`: ways to find out who calls, and what of that goes upstream. */
export interface AuthConfig {
  readonly providers: readonly AuthProviderConfig[]
  readonly forward: {
    /** Names of claims, as `claims` of the providers give them. */
    readonly claims: readonly string[]
    /** The credentials go upstream too, as they came. */
    readonly token: boolean
  }
}

/** `policies[].auth`. */
export type AuthSettings = { readonly mode: 'none' } | RequiredAuth

export interface RequiredAuth {
  /** One provider has to find who calls, or all of them. */
  readonly mode: 'any' | 'all'
  /** Names of providers; none: all that are configured. */
  readonly providers: readonly string[]
  /** All are needed. */
  readonly scopes: readonly string[]
  /** One is enough. */
  readonly roles: readonly string[]
  /** Expressions in CEL, which all have to be true. */
  readonly where: readonly Located<string>[]
}

export type AuthProviderConfig =
  JwtProviderConfig | ApiKeyProviderConfig | MtlsProviderConfig | IntrospectionProviderConfig | BasicProviderConfig

interface Named {
  readonly name: string
  readonly position: Position
}

export interface JwtProviderConfig extends Named {
  readonly kind: 'jwt'
  readonly issuer: string
  /** One of them; none: whoever the token is for. */
  readonly audiences: readonly string[]
  readonly keys:
    | { readonly from: 'issuer' }
    | { readonly from: 'url'; readonly url: string }
    | { readonly from: 'file'; readonly file: string }
    | { readonly from: 'secret'; readonly secret: string }
  readonly algorithms: readonly string[]
  readonly clockToleranceS: number
  readonly requiredClaims: readonly string[]
  readonly typ: string | undefined
  readonly claims: Readonly<Record<string, string>>
}

export interface ApiKeyProviderConfig extends Named {
  readonly kind: 'apiKey'
  /** In lower case. */
  readonly header: string | undefined
  readonly query: string | undefined
  readonly file: string
}

export interface MtlsProviderConfig extends Named {
  readonly kind: 'mtls'
  /** None: every certificate that the listener takes. Fingerprints are hex in lower case, of SHA-256. */
  readonly allow: readonly { readonly san: string | undefined; readonly fingerprint: string | undefined }[]
}

export interface IntrospectionProviderConfig extends Named {
  readonly kind: 'introspection'
  readonly endpoint: string
  readonly clientId: string
  readonly clientSecret: string
  readonly cacheForMs: number
  readonly issuer: string | undefined
  readonly audiences: readonly string[]
  readonly claims: Readonly<Record<string, string>>
}

export interface BasicProviderConfig extends Named {
  readonly kind: 'basic'
  readonly file: string
}
