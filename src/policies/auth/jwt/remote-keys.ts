import { createLocalJWKSet, createRemoteJWKSet, customFetch, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import type { AuthDependencies } from '../types.js'

/** No key set is so large. */
const MAX_BYTES = 1024 * 1024
const TIMEOUT_MS = 5_000
/** After a fetch for the sake of a key that is not known, whatever came of it, so long no other such follows. */
export const COOLDOWN_MS = 30_000
/** After a fetch that failed, where there are no keys to go by, so long the issuer is left alone. */
const FAILURE_PAUSE_MS = 2_000
/** So long keys are used without asking again. */
export const MAX_AGE_MS = 600_000

/** Whoever issues tokens cannot be asked for the keys. */
export class KeysUnavailable extends Error {}

/**
 * The keys of an issuer, by URL: fetched when first needed, kept for ten minutes, fetched again for an unknown key; requests
 * that need them at one time share one fetch (jose does all that). For unknown keys that is at most once in 30 seconds, counted
 * from the last time it was for one: a key that is rotated soon after the first fetch is found. While the issuer is away the
 * keys that are fresh are used, and it is not asked again and again.
 */
export class RemoteKeys {
  readonly getKey: JWTVerifyGetKey
  readonly #keys: ReturnType<typeof createRemoteJWKSet>
  #failedAtMs = -Infinity
  #fetchedAtMs: number | undefined
  /** When it was last fetched for the sake of an unknown key. */
  #soughtAtMs = -Infinity

  /** @param onChange the keys are others than before */
  constructor(url: URL, { now, fetch: get }: AuthDependencies, onChange: () => void) {
    let last: string | undefined
    this.#keys = createRemoteJWKSet(url, {
      cooldownDuration: 0,
      cacheMaxAge: MAX_AGE_MS,
      timeoutDuration: TIMEOUT_MS,
      [customFetch]: async (...request) => {
        if (this.#keys.fresh) {
          // There are keys, so it is for one that is not among them.
          if (now() - this.#soughtAtMs < COOLDOWN_MS) throw new KeysUnavailable('keys were sought a moment ago')
          this.#soughtAtMs = now()
        } else if (now() - this.#failedAtMs < FAILURE_PAUSE_MS) {
          throw new KeysUnavailable('the issuer was away a moment ago')
        }
        try {
          const text = await textOf(await get(...request))
          // What is no key set is no answer: a proxy's page with a 200 must not count as one.
          createLocalJWKSet(JSON.parse(text) as JSONWebKeySet)
          if (last !== undefined && text !== last) onChange()
          last = text
          this.#failedAtMs = -Infinity
          this.#fetchedAtMs = now()
          return new Response(text, { headers: { 'content-type': 'application/json' } })
        } catch (error) {
          this.#failedAtMs = now()
          throw new KeysUnavailable(error instanceof Error ? error.message : String(error))
        }
      },
    })
    this.getKey = (header, token) => this.#keys(header, token)
  }

  /** As Date.now(); undefined: never yet. */
  get fetchedAtMs(): number | undefined {
    return this.#fetchedAtMs
  }

  /** True while there are keys to go by without asking. */
  get isFresh(): boolean {
    return this.#keys.fresh
  }
}

/** The body of a 200, within bounds. */
export async function textOf(response: Response): Promise<string> {
  if (response.status !== 200) throw new Error(`HTTP ${response.status}`)
  const declared = Number(response.headers.get('content-length') ?? 0)
  if (declared > MAX_BYTES) throw new Error('the answer is too large')
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += (chunk as Uint8Array).length
    if (size > MAX_BYTES) throw new Error('the answer is too large')
    chunks.push(chunk as Uint8Array)
  }
  return Buffer.concat(chunks).toString('utf8')
}
