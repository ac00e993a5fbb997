import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import type { BasicProviderConfig } from '../../config/index.js'
import type { Problems } from '../../problems/index.js'
import { Code, StatusError } from '../../status/index.js'
import { addressKey } from '../address-key.js'
import { PolicyReason } from '../reasons.js'
import type { PolicyRequest } from '../types.js'
import { credentialsOf } from './authorization-header.js'
import { BoundedCache } from './bounded-cache.js'
import { wordsOf } from './claims.js'
import { readCredentialFile } from './credential-file.js'
import { authenticationUnavailable, invalidCredentials, malformedCredentials, quoted } from './failures.js'
import { Turns } from './turns.js'
import type { AuthDependencies, AuthProvider, Found, Identity, ProviderKind } from './types.js'

/** RFC 7914; the contract's numbers. */
export const SCRYPT = { N: 16384, r: 8, p: 1, size: 64 } as const
const ENTRY_KEYS = ['name', 'scrypt', 'scopes', 'roles', 'claims']
const SALT_AND_HASH = /^([A-Za-z0-9+/]+={0,2}):([A-Za-z0-9+/]+={0,2})$/

/** Passwords that were found right, by a hash that only this process can make. */
const MAX_VERIFIED = 1_000
const TRUSTED_MS = 60_000
/** A password takes some 50 ms of a core and 16 MiB: so many at one time, and so many in line. */
const MAX_CONCURRENT = 2
const MAX_WAITING = 50
/** Wrong passwords from one address within a minute. */
const MAX_FAILURES = 20
const FAILURES_MS = 60_000
const MAX_ADDRESSES = 10_000

interface User {
  readonly salt: Buffer
  readonly hash: Buffer
  readonly identity: Identity
}

/** User name and password (RFC 7617), for old systems. */
export const basic: ProviderKind<BasicProviderConfig> = {
  files: ({ file }) => [file],
  create: (config, problems, dependencies) => {
    const users = readUsers(config, problems)
    return users === undefined ? undefined : new BasicProvider(config, users, dependencies)
  },
}

function readUsers({ name, file }: BasicProviderConfig, problems: Problems): Map<string, User> | undefined {
  const entries = readCredentialFile(file, 'users', problems)
  if (entries === undefined) return undefined
  const users = new Map<string, User>()
  let isSound = true
  for (const entry of entries) {
    entry.only(ENTRY_KEYS)
    const user = entry.text('name', (text) => text !== '' && !text.includes(':'), 'a name has no ":" (RFC 7617)')
    const written = entry.text('scrypt', isSaltAndHash, 'write "SALT:HASH" in base64, as `protobridge hash` gives it')
    const scopes = entry.texts('scopes')
    const roles = entry.texts('roles')
    const claims = entry.mapping('claims')
    if (users.has(user) && entry.isSound) entry.refuse('the user is there twice', 'keep one')
    isSound &&= entry.isSound
    const [salt = '', hash = ''] = written.split(':')
    users.set(user, {
      salt: Buffer.from(salt, 'base64'),
      hash: Buffer.from(hash, 'base64'),
      identity: {
        kind: 'basic',
        provider: name,
        subject: user,
        issuer: '',
        scopes,
        roles: roles.length > 0 ? roles : wordsOf(claims['roles']),
        claims,
      },
    })
  }
  return isSound ? users : undefined
}

function isSaltAndHash(text: string): boolean {
  const match = SALT_AND_HASH.exec(text)
  return match !== null && Buffer.from(match[2]!, 'base64').length === SCRYPT.size
}

class BasicProvider implements AuthProvider {
  readonly kind = 'basic'
  readonly name: string
  readonly challenge: string
  readonly credentialHeaders = ['authorization']
  readonly credentialParameter = undefined
  readonly #users: ReadonlyMap<string, User>
  readonly #now: () => number
  readonly #secret = randomBytes(32)
  readonly #verified = new BoundedCache<Identity>(MAX_VERIFIED)
  readonly #failures = new BoundedCache<{ count: number }>(MAX_ADDRESSES)
  /** What an unknown user's password is compared with, so that it takes as long. */
  readonly #nobody: User
  readonly #turns = new Turns(MAX_CONCURRENT, MAX_WAITING)

  constructor({ name }: BasicProviderConfig, users: ReadonlyMap<string, User>, { now }: AuthDependencies) {
    this.name = name
    this.challenge = `Basic realm=${quoted(name)}, charset="UTF-8"`
    this.#users = users
    this.#now = now
    const identity: Identity = {
      kind: 'basic',
      provider: name,
      subject: '',
      issuer: '',
      scopes: [],
      roles: [],
      claims: {},
    }
    this.#nobody = { salt: randomBytes(16), hash: randomBytes(SCRYPT.size), identity }
  }

  authenticate({ http, clientAddress }: PolicyRequest): Found | Promise<Found> {
    const credentials = credentialsOf(http, 'basic')
    if (credentials === undefined) return undefined
    const text = Buffer.from(credentials, 'base64').toString('utf8')
    const colon = text.indexOf(':')
    if (colon === -1) throw malformedCredentials('the Basic credentials have no ":"')
    const key = createHmac('sha256', this.#secret).update(credentials).digest('base64')
    const known = this.#verified.get(key, this.#now())
    if (known !== undefined) return known
    this.#requireFew(clientAddress)
    return this.#verify(text.slice(0, colon), text.slice(colon + 1), key, clientAddress)
  }

  async #verify(name: string, password: string, key: string, address: string): Promise<Identity> {
    const user = this.#users.get(name)
    const { salt, hash } = user ?? this.#nobody
    const turn = this.#turns.take(() => hashPassword(password, salt))
    if (turn === undefined) throw authenticationUnavailable()
    const made = await turn
    const isRight = timingSafeEqual(made, hash)
    if (user === undefined || !isRight) {
      this.#countFailure(address)
      throw invalidCredentials(this.challenge, 'the name or the password is wrong')
    }
    this.#verified.set(key, user.identity, this.#now() + TRUSTED_MS)
    return user.identity
  }

  #requireFew(address: string): void {
    const failures = this.#failures.get(addressKey(address), this.#now())
    if (failures === undefined || failures.count < MAX_FAILURES) return
    throw new StatusError(Code.ResourceExhausted, 'too many wrong passwords from this address', {
      reason: PolicyReason.TooManyFailures,
      headers: ['retry-after', String(FAILURES_MS / 1000)],
    })
  }

  #countFailure(address: string): void {
    const failures = this.#failures.get(addressKey(address), this.#now())
    if (failures === undefined) this.#failures.set(addressKey(address), { count: 1 }, this.#now() + FAILURES_MS)
    else failures.count++
  }
}

/** The scrypt hash of a password. */
export function hashPassword(password: string, salt: Uint8Array): Promise<Buffer> {
  const { size, ...cost } = SCRYPT
  return new Promise((resolve, reject) => {
    scrypt(password, salt, size, { ...cost, maxmem: 64 * 1024 * 1024 }, (error, hash) => {
      if (error === null) resolve(hash)
      else reject(error)
    })
  })
}
