import type { WrittenAgent } from '../../consul/index.js'

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
type Key = (typeof KNOWN)[number]

const MAX_WAIT_MS = 600_000

/** Reads what follows `consul:`; returns what is wrong with it as a sentence. */
export function parseConsulTarget(rest: string): ConsulTarget | string {
  const match = /^\/\/([^/?#]*)\/([^?#]*)(?:\?([^#]*))?$/.exec(rest)
  if (match === null) return 'write consul://agent:8500/service, or consul:///service for the agent of CONSUL_HTTP_ADDR'
  const [, authority, path, queryText = ''] = match
  const service = decode(path!)
  if (service === undefined) return `"${path!}" is not percent-encoded correctly`
  if (service === '') return 'the name of the service is missing: write consul:///service'
  if (service.includes('/') || /[\x00-\x1f\x7f]/.test(service))
    return `"${service}" is not the name of a Consul service`
  const read = readQuery(queryText)
  if (typeof read === 'string') return read

  const flags = readFlags(read)
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

type Query = ReadonlyMap<Key, readonly string[]>

/** Values by key; form encoding, as in every query of ours: a plus is a space. */
function readQuery(text: string): Query | string {
  const out = new Map<Key, string[]>()
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decodeForm(equals < 0 ? pair : pair.slice(0, equals))
    const value = equals < 0 ? '' : decodeForm(pair.slice(equals + 1))
    if (name === undefined || value === undefined) return `"${pair}" is not percent-encoded correctly`
    if (!isKnown(name)) {
      if (name === 'token') return 'a token in a target would be shown: write it as `token` of the upstream'
      return `unknown parameter "${name}": use one of ${KNOWN.join(', ')}`
    }
    const values = out.get(name)
    if (values === undefined) out.set(name, [value])
    else if (name === 'tag') values.push(value)
    else return `the parameter "${name}" is given twice`
    if (value === '' && !isFlag(name)) return `the parameter "${name}" has no value`
  }
  return out
}

const FLAGS = ['stale', 'consistent', 'cached', 'passing', 'tls'] as const
type Flag = (typeof FLAGS)[number]

function isKnown(name: string): name is Key {
  return (KNOWN as readonly string[]).includes(name)
}

function isFlag(name: Key): name is Flag {
  return (FLAGS as readonly string[]).includes(name)
}

/** A bare name means true, as for Consul itself. */
function readFlags(query: Query): Readonly<Partial<Record<Flag, boolean>>> | string {
  const out: Partial<Record<Flag, boolean>> = {}
  for (const flag of FLAGS) {
    const text = query.get(flag)?.[0]
    if (text === undefined) continue
    if (/^(|1|true)$/.test(text)) out[flag] = true
    else if (/^(0|false)$/.test(text)) out[flag] = false
    else return `"${text}" is neither true nor false: write ${flag} or ${flag}=false`
  }
  return out
}

function readWait(text: string | undefined): number | undefined | string {
  if (text === undefined) return undefined
  const match = /^([0-9]{1,4})(s|m)$/.exec(text)
  const ms = match === null ? 0 : Number(match[1]) * (match[2] === 's' ? 1000 : 60_000)
  return ms >= 1000 && ms <= MAX_WAIT_MS ? ms : `"${text}" is not a time to wait: write 1s to 10m`
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function decodeForm(text: string): string | undefined {
  return decode(text.replaceAll('+', ' '))
}
