import type { Endpoint } from '../types.js'
import { formatAddress, parseHostPort } from './host-port.js'

/** Which instances and which of their addresses and ports. */
export interface InstanceChoice {
  readonly isPassingOnly: boolean
  readonly addressTag: string | undefined
  readonly portName: string | undefined
}

export interface Instances {
  readonly endpoints: readonly Endpoint[]
  /** Instances that are well but cannot be called, and why, in words; none twice. */
  readonly unusable: readonly string[]
}

/** A JSON object nobody has checked. */
type Loose = Readonly<Record<string, unknown>>

/**
 * The endpoints in an answer of `GET /v1/health/service/:service`, in its order. Reads the shapes of Consul 1.8 to 1.22:
 * `Tags`, `Meta`, `TaggedAddresses` and `Checks` may be null, tagged addresses are written in either case, and a service
 * may have `Ports` instead of `Port`.
 * @throws for what is not a list of entries
 */
export function readInstances(answer: unknown, choice: InstanceChoice): Instances {
  if (!Array.isArray(answer)) throw new Error('it is not a list')
  const endpoints = new Map<string, Endpoint>()
  const unusable = new Set<string>()
  for (const entry of answer as readonly unknown[]) {
    if (!isObject(entry) || !isObject(entry['Service'])) throw new Error('an entry has no Service')
    const status = aggregateStatus(entry['Checks'])
    if (status === 'critical' || (status === 'warning' && choice.isPassingOnly)) continue
    const read = readEndpoint(entry['Service'], objectOf(entry['Node']), status, choice)
    if (typeof read === 'string') unusable.add(read)
    else if (!endpoints.has(read.address)) endpoints.set(read.address, read)
  }
  return { endpoints: withoutIdle([...endpoints.values()]), unusable: [...unusable] }
}

/** One text for sets that are the same; their order counts only where it says something. */
export function fingerprintInstances({ endpoints, unusable }: Instances, isOrdered: boolean): string {
  const texts = endpoints.map(({ address, weight, zone, tags, meta }) =>
    JSON.stringify([address, weight, zone ?? null, tags, Object.entries(meta).sort(byName)]),
  )
  return JSON.stringify([isOrdered ? texts : texts.sort(), unusable])
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1
}

/**
 * The worst of all checks, the node's (`serfHealth`, `_node_maintenance`) and the service's; maintenance is a critical
 * check. A status we do not know is no reason to send calls.
 */
function aggregateStatus(checks: unknown): 'passing' | 'warning' | 'critical' {
  let worst: 'passing' | 'warning' = 'passing'
  for (const check of listOf(checks)) {
    const status = isObject(check) ? check['Status'] : undefined
    if (status === 'warning') worst = 'warning'
    else if (status !== 'passing') return 'critical'
  }
  return worst
}

function readEndpoint(
  service: Loose,
  node: Loose,
  status: 'passing' | 'warning',
  choice: InstanceChoice,
): Endpoint | string {
  const id = textOf(service['ID']) ?? textOf(service['Service']) ?? 'an instance'
  const tagged = taggedAddress(service, choice.addressTag)
  const port = tagged?.port ?? portOf(service, choice.portName)
  if (port === undefined) {
    return choice.portName === undefined ? `${id} has no port` : `${id} has no port named ${choice.portName}`
  }
  const host =
    tagged?.address ??
    textOf(service['Address']) ??
    (choice.addressTag === undefined ? undefined : textOf(objectOf(node['TaggedAddresses'])[choice.addressTag])) ??
    textOf(node['Address'])
  if (host === undefined) return `${id} has no address`
  const address = formatAddress(host, port)
  const checked = parseHostPort(address)
  if (typeof checked === 'string') return `${id}: ${checked}`
  return {
    address,
    host,
    port,
    path: undefined,
    weight: weightOf(service['Weights'], status),
    zone: zoneOf(service) ?? zoneOf(node),
    tags: listOf(service['Tags']).filter((tag) => typeof tag === 'string'),
    meta: Object.fromEntries(
      Object.entries(objectOf(service['Meta'])).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
    ),
  }
}

/** The documents write the keys as `Address` and as `address`. An empty address or a port of 0 is none. */
function taggedAddress(
  service: Loose,
  name: string | undefined,
): { readonly address: string; readonly port: number | undefined } | undefined {
  if (name === undefined) return undefined
  const tagged = objectOf(objectOf(service['TaggedAddresses'])[name])
  const address = textOf(tagged['Address']) ?? textOf(tagged['address'])
  return address === undefined ? undefined : { address, port: readPort(tagged['Port']) ?? readPort(tagged['port']) }
}

/**
 * Where an instance has several ports (Consul 1.22): the one named, else its default one, else its only one. With a
 * single `Port` there is nothing to choose.
 */
function portOf(service: Loose, name: string | undefined): number | undefined {
  const ports = listOf(service['Ports']).filter(isObject)
  if (ports.length === 0) return readPort(service['Port'])
  const chosen =
    name !== undefined
      ? ports.find((port) => (port['name'] ?? port['Name']) === name)
      : (ports.find((port) => (port['default'] ?? port['Default']) === true) ??
        (ports.length === 1 ? ports[0] : undefined))
  return chosen === undefined ? undefined : (readPort(chosen['port']) ?? readPort(chosen['Port']))
}

function readPort(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 65_535 ? value : undefined
}

/** `Weights` default to 1 and 1; 0 is a weight one may give an instance with a warning. */
function weightOf(weights: unknown, status: 'passing' | 'warning'): number {
  const weight = objectOf(weights)[status === 'passing' ? 'Passing' : 'Warning']
  return typeof weight === 'number' && Number.isFinite(weight) && weight >= 0 ? weight : 1
}

/** Instances of weight 0 get nothing while others have a weight, and count alike where none has. */
function withoutIdle(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const weighty = endpoints.filter(({ weight }) => weight > 0)
  if (weighty.length === endpoints.length) return endpoints
  return weighty.length > 0 ? weighty : endpoints.map((endpoint) => ({ ...endpoint, weight: 1 }))
}

/** `zone` in the metadata, else the zone of the locality (of later versions). */
function zoneOf(of: Loose): string | undefined {
  return textOf(objectOf(of['Meta'])['zone']) ?? textOf(objectOf(of['Locality'])['Zone'])
}

function isObject(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function objectOf(value: unknown): Loose {
  return isObject(value) ? value : {}
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
