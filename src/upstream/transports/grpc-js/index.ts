import type { Transport } from '../../types.js'
import { GrpcJsConnection } from './connection.js'

/** The transport on @grpc/grpc-js: one channel per endpoint. */
export const grpcJsTransport: Transport = {
  name: 'grpc-js',
  open: (endpoint, options) => new GrpcJsConnection(endpoint, options),
}
