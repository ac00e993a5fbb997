import { isHeaderName } from './header-name.js'
import type {
  AuthConfig,
  AuthProviderConfig,
  AuthSettings,
  IntrospectionProviderConfig,
  JwtProviderConfig,
  MtlsProviderConfig,
} from './auth-types.js'
import { childPointer } from './document.js'
import { nearestAdvice } from './nearest.js'
import type { Normalization } from './normalization.js'
import type { WrittenAuth, WrittenAuthProvider, WrittenPolicy } from './written.js'

/** Where a token's algorithm is not said: signatures of the families that everybody has. */
const DEFAULT_ALGORITHMS = ['RS256', 'ES256', 'EdDSA']
const SECRET_ALGORITHMS = ['HS256']
const FINGERPRINT = /^sha256:([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i
/** RFC 7518 §3.2: a key has as many bits as the hash. */
const MIN_SECRET_BYTES = 32

export function normalizeAuth(written: WrittenAuth, at: Normalization): AuthConfig {
  const { claims, token } = written.forward
  for (const [index, name] of claims.entries()) {
    if (/^[A-Za-z0-9._-]+$/.test(name)) continue
    const message = `${JSON.stringify(name)} cannot be part of a metadata name`
    at.error(`/auth/forward/claims/${index}`, message, 'give the claim a plain name in `claims` of its provider')
  }
  return {
    providers: Object.entries(written.providers).map(([name, provider]) =>
      normalizeProvider(childPointer('/auth/providers', name), name, provider, at),
    ),
    forward: { claims, token },
  }
}

function normalizeProvider(
  pointer: string,
  name: string,
  written: WrittenAuthProvider,
  at: Normalization,
): AuthProviderConfig {
  const named = { name, position: at.positionOf(pointer) }
  const { jwt, apiKey, mtls, introspection, basic } = written
  if (jwt !== undefined) return { ...named, ...normalizeJwt(`${pointer}/jwt`, jwt, at) }
  if (apiKey !== undefined) {
    const { header, query, file } = apiKey
    if (header === undefined && query === undefined) {
      at.error(`${pointer}/apiKey`, 'nothing says where the key is', 'write header: x-api-key, or query: api_key')
    }
    if (header !== undefined && !isHeaderName(header)) {
      at.error(
        `${pointer}/apiKey/header`,
        `${JSON.stringify(header)} is not a header's name`,
        'write header: x-api-key',
      )
    }
    const path = at.file(`${pointer}/apiKey/file`, file)
    return { ...named, kind: 'apiKey', header: header?.toLowerCase(), query, file: path }
  }
  if (mtls !== undefined) return { ...named, kind: 'mtls', allow: normalizeAllow(`${pointer}/mtls/allow`, mtls, at) }
  if (introspection !== undefined) {
    return { ...named, ...normalizeIntrospection(`${pointer}/introspection`, introspection, at) }
  }
  return { ...named, kind: 'basic', file: basic === undefined ? '' : at.file(`${pointer}/basic/file`, basic.file) }
}

function normalizeJwt(
  pointer: string,
  written: NonNullable<WrittenAuthProvider['jwt']>,
  at: Normalization,
): Omit<JwtProviderConfig, 'name' | 'position'> {
  const { issuer, audiences, jwks, secret, algorithms, clockTolerance, requiredClaims, typ, claims } = written
  const isSecret = secret !== undefined
  if (isSecret && jwks !== undefined)
    at.error(`${pointer}/secret`, 'secret and jwks exclude one another', 'keep one of them')
  if (isSecret && Buffer.byteLength(secret) < MIN_SECRET_BYTES) {
    at.error(`${pointer}/secret`, 'the secret is too short', `give at least ${MIN_SECRET_BYTES} bytes of chance`)
  }
  for (const [index, algorithm] of (algorithms ?? []).entries()) {
    if (algorithm.startsWith('HS') === isSecret) continue
    const message = `${algorithm} ${isSecret ? 'does not go with a secret' : 'goes with a secret only'}`
    at.error(
      `${pointer}/algorithms/${index}`,
      message,
      isSecret ? 'write HS256, HS384 or HS512' : 'take it out, or write secret in place of jwks',
    )
  }
  return {
    kind: 'jwt',
    issuer,
    audiences,
    keys: normalizeKeys(pointer, written, at),
    algorithms: algorithms ?? (isSecret ? SECRET_ALGORITHMS : DEFAULT_ALGORITHMS),
    clockToleranceS: at.durationMs(`${pointer}/clockTolerance`, clockTolerance, 0) / 1000,
    requiredClaims,
    typ,
    claims,
  }
}

function normalizeKeys(
  pointer: string,
  { issuer, jwks, secret }: NonNullable<WrittenAuthProvider['jwt']>,
  at: Normalization,
): JwtProviderConfig['keys'] {
  if (secret !== undefined) return { from: 'secret', secret }
  if (jwks === undefined) {
    requireSecureUrl(`${pointer}/issuer`, issuer, at)
    return { from: 'issuer' }
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(jwks)) {
    requireSecureUrl(`${pointer}/jwks`, jwks, at)
    return { from: 'url', url: jwks }
  }
  return { from: 'file', file: at.file(`${pointer}/jwks`, jwks) }
}

function normalizeIntrospection(
  pointer: string,
  written: NonNullable<WrittenAuthProvider['introspection']>,
  at: Normalization,
): Omit<IntrospectionProviderConfig, 'name' | 'position'> {
  const { endpoint, clientId, clientSecret, cacheFor, issuer, audiences, claims } = written
  requireSecureUrl(`${pointer}/endpoint`, endpoint, at)
  const cacheForMs = at.durationMs(`${pointer}/cacheFor`, cacheFor, 0)
  return { kind: 'introspection', endpoint, clientId, clientSecret, cacheForMs, issuer, audiences, claims }
}

function normalizeAllow(
  pointer: string,
  { allow }: NonNullable<WrittenAuthProvider['mtls']>,
  at: Normalization,
): MtlsProviderConfig['allow'] {
  return allow.map(({ san, fingerprint }, index) => {
    if ((san === undefined) === (fingerprint === undefined)) {
      at.error(`${pointer}/${index}`, 'an entry has a san or a fingerprint', 'write { san: … } or { fingerprint: … }')
    }
    if (san?.slice(0, -1).includes('*') === true) {
      at.error(`${pointer}/${index}/san`, 'a "*" stands only at the end', 'write it like spiffe://corp/ns/*')
    }
    if (fingerprint !== undefined && !FINGERPRINT.test(fingerprint)) {
      at.error(
        `${pointer}/${index}/fingerprint`,
        'this is no fingerprint',
        'write sha256: and 64 hex digits, colons or not',
      )
    }
    return { san, fingerprint: fingerprint?.slice('sha256:'.length).replaceAll(':', '').toLowerCase() }
  })
}

function requireSecureUrl(pointer: string, text: string, at: Normalization): void {
  if (isSecureUrl(text)) return
  at.error(pointer, `${JSON.stringify(text)} is neither https nor on loopback`, 'write an https:// address')
}

/** https, or http to this machine itself: what is asked there decides who may call. */
export function isSecureUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  if (protocol === 'https:') return true
  return (
    protocol === 'http:' && (hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname))
  )
}

/** @param providers names of those that are configured */
export function normalizeAuthSettings(
  pointer: string,
  written: NonNullable<WrittenPolicy['auth']>,
  providers: readonly string[],
  at: Normalization,
): AuthSettings {
  if (written === 'none') return { mode: 'none' }
  const { any, all, scopes, roles, where } = written
  if (any !== undefined && all !== undefined) at.error(pointer, 'any and all exclude one another', 'keep one of them')
  const mode = all === undefined ? 'any' : 'all'
  const named = all ?? any ?? []
  for (const [index, name] of named.entries()) {
    if (providers.includes(name)) continue
    const message = `no provider is named ${JSON.stringify(name)}`
    const advice = nearestAdvice(name, providers, 'provider') ?? 'add it to auth.providers'
    at.error(`${pointer}/${mode}/${index}`, message, advice)
  }
  if (providers.length === 0 && named.length === 0) {
    at.error(
      pointer,
      'no provider is configured that could tell who calls',
      'add one to auth.providers, or write auth: none',
    )
  }
  const located = where.map((value, index) => ({ value, position: at.positionOf(`${pointer}/where/${index}`) }))
  return { mode, providers: named, scopes, roles, where: located }
}
