import type { Logger } from 'pino'
import type { StatusView } from '../admin/index.js'
import type { GatewayHandler } from '../exchange/index.js'
import type { Snapshot } from '../snapshot/index.js'
import type { RegistrationView } from './registration.js'

/** The gateway as a library: what `createGateway` gives. */
export interface Gateway {
  /** Opens the listeners and the admin port of the configuration. Rejects where an address is taken. */
  listen(): Promise<Addresses>
  /** An ordinary `(req, res, next)` handler: mounts in node:http, Express and their like. */
  readonly handler: GatewayHandler
  /** Loads the configuration anew. Rejects with a LoadError where it is bad, and the old one goes on. */
  reload(): Promise<{ readonly generation: number }>
  /**
   * Drains: readiness is 503 at once, new connections are refused after `drain.delay`, calls under way may finish within
   * `drain.timeout`. Resolves with whether something had to be cut.
   */
  close(): Promise<{ readonly wasCut: boolean }>
}

/** What the command needs: in this process or in several. */
export interface ServedGateway extends Pick<Gateway, 'listen' | 'close'> {
  readonly snapshot: Snapshot
  /** Reloads, and logs what comes of it. Never rejects. */
  reloadBecause(reason: string): Promise<void>
  /** Cuts what is still under way: `close` ends at once. */
  cut(): void
}

/** A gateway in this process, with what its operator sees of it. */
export interface OperatedGateway extends Gateway, ServedGateway {
  status(): GatewayStatus
}

export interface Addresses {
  /** URLs of the listeners, in the order of the configuration. */
  readonly urls: readonly string[]
  /** URL of the admin port. */
  readonly admin: string
  /** `HOST:PORT` of grpc.health.v1 of the gateway itself; undefined where it is not told. */
  readonly grpcHealth: string | undefined
}

export interface GatewayStatus extends StatusView {
  readonly upstreams: number
  /** null where the gateway does not register with Consul. */
  readonly registration: RegistrationView | null
}

export interface GatewayOptions {
  /** Where the gateway tells what it does. Default: warnings and worse as JSON lines on stderr. */
  readonly logger?: Logger
  /** Environment for `${NAME}`; default process.env. */
  readonly env?: Readonly<Record<string, string | undefined>>
}
