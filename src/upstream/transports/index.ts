import type { Transport } from '../types.js'
import { grpcJsTransport } from './grpc-js/index.js'
import { http2Transport } from './http2/index.js'

export { grpcJsTransport, http2Transport }

/** What carries calls, by the name a configuration gives it. */
export const transports = {
  http2: http2Transport,
  'grpc-js': grpcJsTransport,
} as const satisfies Record<string, Transport>

export type TransportName = keyof typeof transports
