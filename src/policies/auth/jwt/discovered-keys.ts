import type { JWTVerifyGetKey } from 'jose'
import { isSecureUrl } from '../../../config/index.js'
import type { AuthDependencies } from '../types.js'
import { KeysUnavailable, MAX_AGE_MS, RemoteKeys, textOf } from './remote-keys.js'

const TIMEOUT_MS = 5_000
const FAILURE_PAUSE_MS = 2_000

/**
 * The keys of an issuer whose own document says where they are (OpenID Connect Discovery 1.0 §4): asked for when first
 * needed, and again when the keys are as old as keys may get, since they may have moved. The document has to name the same
 * issuer, and an address that is https, or http on loopback.
 */
export class DiscoveredKeys {
  readonly #issuer: string
  readonly #dependencies: AuthDependencies
  readonly #onChange: () => void
  #keys: RemoteKeys | undefined
  #address: string | undefined
  #discoveredAtMs = -Infinity
  #pending: Promise<RemoteKeys> | undefined
  #failedAtMs = -Infinity

  constructor(issuer: string, dependencies: AuthDependencies, onChange: () => void) {
    this.#issuer = issuer
    this.#dependencies = dependencies
    this.#onChange = onChange
  }

  readonly getKey: JWTVerifyGetKey = async (header, token) => {
    const keys = this.#known() ?? (await this.#discover())
    return keys.getKey(header, token)
  }

  get fetchedAtMs(): number | undefined {
    return this.#keys?.fetchedAtMs
  }

  get isFresh(): boolean {
    return this.#keys?.isFresh === true
  }

  /** Keys whose address need not be asked for. */
  #known(): RemoteKeys | undefined {
    if (this.#keys?.isFresh === true) return this.#keys
    return this.#dependencies.now() - this.#discoveredAtMs < MAX_AGE_MS ? this.#keys : undefined
  }

  #discover(): Promise<RemoteKeys> {
    if (this.#pending !== undefined) return this.#pending
    if (this.#dependencies.now() - this.#failedAtMs < FAILURE_PAUSE_MS) {
      return this.#lastKnown('the issuer was away a moment ago')
    }
    this.#pending = this.#ask()
      .then((url) => this.#keysAt(url))
      .catch((error: unknown) => {
        this.#failedAtMs = this.#dependencies.now()
        return this.#lastKnown(error instanceof Error ? error.message : String(error))
      })
      .finally(() => (this.#pending = undefined))
    return this.#pending
  }

  #keysAt(url: URL): RemoteKeys {
    this.#discoveredAtMs = this.#dependencies.now()
    if (this.#keys !== undefined && this.#address === url.href) return this.#keys
    // Tokens that were good by the keys of another address are verified again.
    if (this.#keys !== undefined) this.#onChange()
    this.#address = url.href
    return (this.#keys = new RemoteKeys(url, this.#dependencies, this.#onChange))
  }

  /** The document is away: the keys may still be where they were. */
  #lastKnown(why: string): Promise<RemoteKeys> {
    return this.#keys === undefined ? Promise.reject(new KeysUnavailable(why)) : Promise.resolve(this.#keys)
  }

  async #ask(): Promise<URL> {
    const base = this.#issuer.endsWith('/') ? this.#issuer.slice(0, -1) : this.#issuer
    const response = await this.#dependencies.fetch(`${base}/.well-known/openid-configuration`, {
      headers: { accept: 'application/json' },
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const document = JSON.parse(await textOf(response)) as {
      readonly issuer?: unknown
      readonly jwks_uri?: unknown
    } | null
    if (document?.issuer !== this.#issuer) throw new Error('the document is of another issuer')
    const { jwks_uri: address } = document
    if (typeof address !== 'string' || !isSecureUrl(address)) throw new Error('the document names no keys')
    return new URL(address)
  }
}
