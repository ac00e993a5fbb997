import { createHash } from 'node:crypto'
import type { AuthProviderConfig } from '../../config/index.js'
import { readBytes } from '../../files/index.js'
import type { Problems } from '../../problems/index.js'
import { apiKey } from './api-key.js'
import { basic } from './basic.js'
import { introspection } from './introspection.js'
import { jwt } from './jwt/jwt.js'
import { mtls } from './mtls.js'
import { systemAuth, type AuthDependencies, type AuthProvider, type ProviderKind } from './types.js'

/** The one table of kinds. */
const KINDS: {
  readonly [Kind in AuthProviderConfig['kind']]: ProviderKind<Extract<AuthProviderConfig, { kind: Kind }>>
} = {
  jwt,
  apiKey,
  mtls,
  introspection,
  basic,
}

interface Kept {
  readonly key: string
  readonly provider: AuthProvider
}

/**
 * The providers of one process. One whose configuration and files did not change is the same in the next snapshot: keys and
 * tokens it knows survive a reload.
 */
export class AuthProviders {
  #kept: ReadonlyMap<string, Kept> = new Map()
  readonly #dependencies: AuthDependencies

  constructor(dependencies: AuthDependencies = systemAuth) {
    this.#dependencies = dependencies
  }

  /** When keys were last fetched, for the providers that have fetched some; as Date.now(). */
  get fetchedKeys(): readonly { readonly provider: string; readonly fetchedAtMs: number }[] {
    return [...this.#kept.values()].flatMap(({ provider: { name, keysFetchedAtMs } }) =>
      keysFetchedAtMs === undefined ? [] : { provider: name, fetchedAtMs: keysFetchedAtMs },
    )
  }

  /** The providers of a configuration, by name; one that cannot be made is reported, and left out. */
  open(configs: readonly AuthProviderConfig[], problems: Problems): ReadonlyMap<string, AuthProvider> {
    const opened = new Map<string, Kept>()
    for (const config of configs) {
      // The table has the kind's own.
      const kind = KINDS[config.kind] as ProviderKind
      const key = keyOf(config, kind.files(config))
      const known = this.#kept.get(config.name)
      const provider = known?.key === key ? known.provider : kind.create(config, problems, this.#dependencies)
      if (provider !== undefined) opened.set(config.name, { key, provider })
    }
    if (!problems.hasErrors) this.#kept = opened
    return new Map([...opened].map(([name, { provider }]) => [name, provider]))
  }
}

/** What a provider is made of: its configuration but for where that stands, and what is in its files. */
function keyOf(config: AuthProviderConfig, files: readonly string[]): string {
  const { position: _, ...settings } = config
  const hash = createHash('sha256').update(JSON.stringify(settings))
  for (const file of files) {
    try {
      hash.update(readBytes(file))
    } catch {
      // Reported when it is read.
    }
  }
  return hash.digest('hex')
}
