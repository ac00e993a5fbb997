import { decodePart, readAddressQuery, readFlags, readWait, type WrittenAgent } from '../../consul/index.js'

/** What a `consul:` target asks for. */
export interface ConsulTarget {
  readonly service: string
  readonly agent: WrittenAgent
  /** Parameters of the health query, in the order written. */
  readonly query: readonly (readonly [name: string, value: string | undefined])[]
  /** Only instances all of whose checks pass; else those with a warning too. */
  readonly isPassingOnly: boolean
  /** The tagged address to use, where an instance has it. */
  readonly addressTag: string | undefined
  /** Of the named ports an instance may have (Consul 1.22), the one to use; undefined: its default one. */
  readonly portName: string | undefined
  /** The order of the answer means something: it is by distance. */
  readonly isOrdered: boolean
  /** How long the agent may hold a question, ms; undefined: its default. */
  readonly waitMs: number | undefined
}

const KNOWN = [
  'tag',
  'filter',
  'dc',
  'near',
  'stale',
  'consistent',
  'cached',
  'ns',
  'partition',
  'peer',
  'passing',
  'address',
  'port',
  'tls',
  'wait',
] as const
const FLAGS = ['stale', 'consistent', 'cached', 'passing', 'tls'] as const

/** Reads what follows `consul:`; returns what is wrong with it as a sentence. */
export function parseConsulTarget(rest: string): ConsulTarget | string {
  const match = /^\/\/([^/?#]*)\/([^?#]*)(?:\?([^#]*))?$/.exec(rest)
  if (match === null) return 'write consul://agent:8500/service, or consul:///service for the agent of CONSUL_HTTP_ADDR'
  const [, authority, path, queryText = ''] = match
  const service = decodePart(path!)
  if (service === undefined) return `"${path!}" is not percent-encoded correctly`
  if (service === '') return 'the name of the service is missing: write consul:///service'
  if (service.includes('/') || /[\x00-\x1f\x7f]/.test(service))
    return `"${service}" is not the name of a Consul service`
  const read = readAddressQuery(queryText, {
    known: KNOWN,
    flags: FLAGS,
    repeated: ['tag'],
    tokenPlace: 'write it as `token` of the upstream',
  })
  if (typeof read === 'string') return read

  const flags = readFlags(read, FLAGS)
  if (typeof flags === 'string') return flags
  const { stale, consistent, cached } = flags
  if (stale === true && consistent === true) return 'stale and consistent are two modes: choose one'
  if (cached === true && consistent === true) return 'cached answers are never consistent: choose one'
  const waitMs = readWait(read.get('wait')?.[0])
  if (typeof waitMs === 'string') return waitMs

  const isPassingOnly = flags.passing ?? true
  const query: (readonly [string, string | undefined])[] = []
  if (isPassingOnly) query.push(['passing', '1'])
  for (const tag of read.get('tag') ?? []) query.push(['tag', tag])
  for (const name of ['filter', 'near', 'peer'] as const) {
    const value = read.get(name)?.[0]
    if (value !== undefined) query.push([name, value])
  }
  for (const name of ['stale', 'consistent', 'cached'] as const) if (flags[name] === true) query.push([name, undefined])
  return {
    service,
    agent: {
      address: authority === '' ? undefined : authority,
      tls: flags.tls,
      datacenter: read.get('dc')?.[0],
      namespace: read.get('ns')?.[0],
      partition: read.get('partition')?.[0],
    },
    query,
    isPassingOnly,
    addressTag: read.get('address')?.[0],
    portName: read.get('port')?.[0],
    isOrdered: read.has('near'),
    waitMs,
  }
}
