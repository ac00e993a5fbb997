import { hash } from 'node:crypto'
import type { ApiKeyProviderConfig } from '../../config/index.js'
import type { Problems } from '../../problems/index.js'
import { headerValueOf } from '../request-values.js'
import type { PolicyRequest } from '../types.js'
import { wordsOf } from './claims.js'
import { readCredentialFile } from './credential-file.js'
import { invalidCredentials, malformedCredentials, quoted } from './failures.js'
import type { AuthDependencies, AuthProvider, Found, Identity, ProviderKind } from './types.js'

const SHA256 = /^[0-9a-fA-F]{64}$/
/** RFC 3339; a date alone is its first moment in UTC. Without an offset a time would be another on another machine. */
const RFC3339 = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?$/i
const ENTRY_KEYS = ['id', 'sha256', 'owner', 'scopes', 'roles', 'claims', 'expires']

interface Key {
  readonly identity: Identity
  /** Infinity: never. */
  readonly expiresMs: number
}

/** Keys in a header or a query parameter, of which a file has the hashes. */
export const apiKey: ProviderKind<ApiKeyProviderConfig> = {
  files: ({ file }) => [file],
  create: (config, problems, dependencies) => {
    const keys = readKeys(config, problems)
    return keys === undefined ? undefined : new ApiKeyProvider(config, keys, dependencies)
  },
}

/** `Date.parse` alone takes "5" for a day of 2001, "1/2/2027" for one of either month, and 30 February for 2 March. */
function isTime(text: string): boolean {
  const day = RFC3339.exec(text)?.[1]
  if (day === undefined || Number.isNaN(Date.parse(text))) return false
  return new Date(day).toISOString().startsWith(day)
}

function readKeys({ name, file }: ApiKeyProviderConfig, problems: Problems): Map<string, Key> | undefined {
  const entries = readCredentialFile(file, 'keys', problems)
  if (entries === undefined) return undefined
  const keys = new Map<string, Key>()
  let isSound = true
  for (const entry of entries) {
    entry.only(ENTRY_KEYS)
    const id = entry.text('id', (text) => text !== '', 'name the key')
    const digest = entry.text(
      'sha256',
      (text) => SHA256.test(text),
      'write the 64 hex digits that `protobridge hash` gives',
    )
    const owner = entry.optionalText('owner', () => true, 'write a text')
    const expires = entry.optionalText('expires', isTime, 'write it like 2027-01-01T00:00:00Z')
    const scopes = entry.texts('scopes')
    const roles = entry.texts('roles')
    const claims = entry.mapping('claims')
    if (keys.has(digest.toLowerCase()) && entry.isSound) entry.refuse('the key is there twice', 'keep one')
    isSound &&= entry.isSound
    keys.set(digest.toLowerCase(), {
      expiresMs: expires === undefined ? Infinity : Date.parse(expires),
      identity: {
        kind: 'apiKey',
        provider: name,
        subject: id,
        issuer: '',
        scopes,
        roles: roles.length > 0 ? roles : wordsOf(claims['roles']),
        claims: owner === undefined ? claims : { owner, ...claims },
      },
    })
  }
  return isSound ? keys : undefined
}

class ApiKeyProvider implements AuthProvider {
  readonly kind = 'apiKey'
  readonly name: string
  readonly challenge: string
  readonly credentialHeaders: readonly string[]
  readonly credentialParameter: string | undefined
  readonly #header: string | undefined
  readonly #keys: ReadonlyMap<string, Key>
  readonly #now: () => number

  constructor(
    { name, header, query }: ApiKeyProviderConfig,
    keys: ReadonlyMap<string, Key>,
    { now }: AuthDependencies,
  ) {
    this.name = name
    const where = [
      ...(header === undefined ? [] : [`header=${quoted(header)}`]),
      ...(query === undefined ? [] : [`query=${quoted(query)}`]),
    ]
    this.challenge = `ApiKey realm=${quoted(name)}, ${where.join(', ')}`
    this.#header = header
    this.credentialHeaders = header === undefined ? [] : [header]
    this.credentialParameter = query
    this.#keys = keys
    this.#now = now
  }

  authenticate({ http, credentialParameters }: PolicyRequest): Found {
    const inHeader = this.#header === undefined ? undefined : headerValueOf(http.headers, this.#header)
    const inQuery =
      this.credentialParameter === undefined ? [] : (credentialParameters.get(this.credentialParameter) ?? [])
    const sentKeys = [...(inHeader === undefined ? [] : [inHeader]), ...inQuery]
    // An empty one is as none.
    const candidates = sentKeys.filter((candidate) => candidate !== '')
    const [first] = candidates
    if (first === undefined) return undefined
    if (candidates.some((candidate) => candidate !== first)) throw malformedCredentials('two different keys')
    // Found by its hash: how long that takes says nothing of the keys there are.
    const key = this.#keys.get(hash('sha256', first, 'hex'))
    if (key === undefined) throw invalidCredentials(this.challenge, 'the key is not known')
    if (this.#now() >= key.expiresMs) throw invalidCredentials(this.challenge, 'the key has expired')
    return key.identity
  }
}
