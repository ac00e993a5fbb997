import type { GatewayHandler, RefusedRequest } from '../exchange/index.js'
import type { Transcoder } from '../transcode/index.js'

/** Socket-level limits; ms and counts. */
export interface ServerLimits {
  readonly headerTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  readonly maxConnections: number
  /** Processes that listen at the same address, this one included, and share them. Default: this one alone. */
  readonly processes?: number
}

export interface ServerContext {
  readonly handler: GatewayHandler
  /** Writes errors that arise before a request exists. */
  readonly transcoder: () => Transcoder
  /** Whether those answers, too, have the headers of `edge.securityHeaders`. */
  readonly hasSecurityHeaders: () => boolean
  /** Told of what never became a request, and was answered. */
  readonly onRefused: (refused: RefusedRequest) => void
  /** Something went wrong with the listener itself, which goes on. */
  readonly onError: (error: Error) => void
}

/** A listening socket. */
export interface Listener {
  /** `http://127.0.0.1:8080`, with the port that was picked where the configuration said 0. */
  readonly url: string
  readonly host: string
  readonly port: number
  /** Takes no new connections and closes those without a request; resolves when the last connection is gone. */
  close(): Promise<void>
  /** Cuts every connection. */
  closeAllConnections(): void
  /**
   * Reads certificate and key anew; what it returns puts them to use for new connections. Nothing to do on a plain
   * listener.
   * @throws Error where they cannot be used
   */
  readTls(): () => void
}
