import { childPointer, keyPathOf, type GatewayConfig, type SchemaConfig } from '../config/index.js'
import { isThere as isOnDisk } from '../files/index.js'
import type { Problem } from '../problems/index.js'

/** Where authentication providers name files, by their kinds. */
const PROVIDER_FILES = { apiKey: 'file', basic: 'file', jwt: 'jwks' } as const

/** What of a configuration with errors the stages after it can look at. */
export interface SoundParts {
  readonly config: GatewayConfig
  /** Upstreams that cannot be opened; their `services` still count. */
  readonly unusableUpstreams: ReadonlySet<string>
  /** `schema` entries were left out, so that some methods are not known. */
  readonly lacksSchema: boolean
}

/**
 * Leaves out what the errors name, so that `check` tells what is wrong in protos and mapping files besides, and nothing
 * that only follows from an error told already. What comes out is never served.
 * @param errors of the configuration itself, their selectors being key paths (`upstreams.library.target`)
 */
export function soundParts(config: GatewayConfig, errors: readonly Problem[]): SoundParts {
  const named = new Set(errors.flatMap(({ selector }) => selector ?? []))
  const around = new Set([...named].flatMap(pathsAround))
  const isNamed = (pointer: string): boolean => named.has(keyPathOf(pointer))
  const isWrong = (pointer: string): boolean => isNamed(pointer) || around.has(keyPathOf(pointer))
  const schema = config.schema.filter((entry, index) => isThere(entry, config) && !isWrong(`/schema/${index}`))
  const unusableUpstreams = new Set<string>()
  const upstreams = config.upstreams.map((upstream) => {
    const pointer = childPointer('/upstreams', upstream.name)
    if (isWrong(pointer)) unusableUpstreams.add(upstream.name)
    const services = upstream.services.filter((_, index) => !isNamed(`${pointer}/services/${index}`))
    const isPlaceKnown = !isWrong(`${pointer}/prefix`) && !isWrong(`${pointer}/hosts`)
    // A prefix of its own: whether its routes are in others' way is not known.
    return isPlaceKnown ? { ...upstream, services } : { ...upstream, services, prefix: `/upstreams/${upstream.name}` }
  })
  const providers = config.auth.providers.filter(({ name }) => {
    const pointer = childPointer('/auth/providers', name)
    // A file that is not named is told of at the kind: there is only something that stands in for it.
    return !Object.entries(PROVIDER_FILES).some(
      ([kind, file]) => isNamed(`${pointer}/${kind}`) || isNamed(`${pointer}/${kind}/${file}`),
    )
  })
  return {
    config: {
      ...config,
      schema,
      auth: { ...config.auth, providers },
      upstreams,
      mappings: config.mappings.filter((_, index) => !isWrong(`/mappings/${index}`)),
      policies: config.policies.filter(
        (_, index) => !isNamed(`/policies/${index}`) && !isWrong(`/policies/${index}/select`),
      ),
    },
    unusableUpstreams,
    lacksSchema: schema.length < config.schema.length,
  }
}

/** Paths of all that a key is in: of `a.b[0].c` those are `a`, `a.b` and `a.b[0]`. */
function pathsAround(selector: string): string[] {
  return [...selector.matchAll(/[.[]/g)].map(({ index }) => selector.slice(0, index))
}

/** False for what only stands in for something missing. */
function isThere(entry: SchemaConfig, { upstreams }: GatewayConfig): boolean {
  if (entry.kind === 'descriptors') return isOnDisk(entry.file)
  return entry.kind === 'protos' || upstreams.some(({ name }) => name === entry.upstream)
}
