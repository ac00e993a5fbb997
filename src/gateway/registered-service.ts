import { isIP } from 'node:net'
import { hostname } from 'node:os'
import type { RegisterConfig } from '../config/index.js'
import type { ServiceRegistration } from '../consul/index.js'

/** What the gateway listens on, once it does. */
export interface ListeningPlaces {
  /** Of the first listener. */
  readonly host: string
  readonly port: number
  /** URL of the admin port. */
  readonly admin: string
}

const MAX_CHECK_TIMEOUT_MS = 5000

/** What Consul is told: what is written, and for the rest what the gateway listens on. */
export function registeredService(config: RegisterConfig, { host, port, admin }: ListeningPlaces): ServiceRegistration {
  const { name, tags, meta, check, intervalMs, deregisterAfterMs } = config
  const ownPort = config.port ?? port
  return {
    name,
    // The same at each start on this machine, and another for each gateway that can run beside it.
    id: config.id ?? `${name}-${hostname()}-${ownPort}`,
    // All addresses are none that a client could use; Consul then tells its node's.
    address: withoutBrackets(config.address) ?? (isUnspecified(host) ? undefined : host),
    port: ownPort,
    tags,
    meta,
    check: {
      name: 'readiness of the gateway',
      url: check ?? readinessUrl(admin),
      intervalMs,
      timeoutMs: Math.min(intervalMs, MAX_CHECK_TIMEOUT_MS),
      deregisterAfterMs,
    },
  }
}

/** Bound to all addresses, the admin port answers on loopback too: the agent is on this machine. */
function readinessUrl(admin: string): string {
  const url = new URL('/readyz', admin)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isUnspecified(host)) url.hostname = host === '0.0.0.0' ? '127.0.0.1' : '[::1]'
  return url.href
}

const isUnspecified = (host: string): boolean => /^(0\.0\.0\.0|[0:]+|::ffff:0\.0\.0\.0)$/.test(host) && isIP(host) !== 0

const withoutBrackets = (address: string | undefined): string | undefined => address?.replace(/^\[(.*)\]$/, '$1')
