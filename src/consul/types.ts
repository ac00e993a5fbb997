/**
 * What the Consul room needs of the world and what it gives: everything that talks to an agent (discovery, mapping files
 * in KV, the gateway's own registration) goes through here. Sources: Consul's HTTP API documentation.
 */

/** Environment variables by name; never read from the process in here. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Files named by `CONSUL_*` variables. Both throw as node:fs does. */
export interface AgentFiles {
  read(path: string): Buffer
  /** Names of the files in a folder. */
  list(folder: string): readonly string[]
}

/** The clock, timers (that do not keep the process alive) and chance. */
export interface Clock {
  /** Milliseconds, as Date.now(). */
  now(): number
  setTimer(delayMs: number, run: () => void): { cancel(): void }
  /** At least 0, less than 1. */
  random(): number
}

/** Where an agent listens. */
export interface AgentAddress {
  readonly scheme: 'http' | 'https'
  /** Name or IP, without brackets. */
  readonly host: string
  readonly port: number
  /** `unix://` addresses: the socket's path; host and port then only name it in headers. */
  readonly socketPath: string | undefined
  /** What stands before `/v1` in paths, for agents behind a proxy; empty, or with its leading slash. */
  readonly pathPrefix: string
}

export interface AgentTls {
  /** PEM texts; undefined: the system's roots. */
  readonly ca: readonly Buffer[] | undefined
  readonly cert: Buffer | undefined
  readonly key: Buffer | undefined
  readonly serverName: string | undefined
  /** `CONSUL_HTTP_SSL_VERIFY`: false takes any certificate. */
  readonly isVerified: boolean
}

/** How to reach an agent and as whom. */
export interface AgentSettings {
  readonly address: AgentAddress
  /** The ACL token, read anew for each request: a token file may be rotated. Undefined: anonymous. */
  readonly token: () => string | undefined
  /** `user:password` of HTTP basic authentication, for an agent behind a proxy. */
  readonly basicAuth: string | undefined
  /** Only what was configured: the community edition answers 400 to `ns` and `partition`. */
  readonly datacenter: string | undefined
  readonly namespace: string | undefined
  readonly partition: string | undefined
  readonly tls: AgentTls
}

export interface AgentRequest {
  readonly method: 'GET' | 'PUT' | 'DELETE'
  /** From `/v1/`, with its segments percent-encoded. */
  readonly path: string
  /** Names and values, not yet encoded; a value of `undefined` is a bare name (`?passing`). */
  readonly query?: readonly (readonly [name: string, value: string | undefined])[]
  /** A value sent as JSON; a Buffer is sent as it is. */
  readonly body?: unknown
  /** From the call to the last byte of the answer. Default 10 s. */
  readonly timeoutMs?: number
  /** Default 32 MiB. */
  readonly maxResponseBytes?: number
  /** Ends the request; it rejects with kind `aborted`. */
  readonly signal?: AbortSignal
  /** The process stays alive until this is answered: for the last request before an exit. Default false. */
  readonly holdsProcess?: boolean
}

export interface AgentResponse {
  readonly status: number
  /** By lower-case name; of repeated ones the first. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** Speaks HTTP to one agent over kept connections. */
export interface AgentClient {
  /** The agent as a person is shown it: `127.0.0.1:8500`, `unix:/run/consul.sock`. */
  readonly agent: string
  /** Resolves with an answer of any status. @throws {AgentError} when there is none */
  request(request: AgentRequest): Promise<AgentResponse>
  /** Ends requests under way and closes connections. */
  close(): void
}

/**
 * Why asking an agent failed, in words for an operator.
 * - `unreachable`: no connection, or lost · `timeout` · `oversized`: more than the limit · `aborted`: by us
 * - `refused`: an answer with a status that is a failure (`status` says which) · `malformed`: an answer nobody understands
 */
export class AgentError extends Error {
  readonly kind: 'unreachable' | 'timeout' | 'oversized' | 'aborted' | 'refused' | 'malformed'
  readonly status: number | undefined

  constructor(kind: AgentError['kind'], message: string, status?: number) {
    super(message)
    this.name = 'AgentError'
    this.kind = kind
    this.status = status
  }
}
