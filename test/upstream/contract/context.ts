import { PLAIN } from '../../../src/upstream/resolvers/host-port.js'
import type { Connection, ConnectionOptions, Endpoint, Transport } from '../../../src/upstream/index.js'

export const CONNECTION: ConnectionOptions = {
  tls: undefined,
  authority: undefined,
  connectTimeoutMs: 2000,
  idleTimeoutMs: 60_000,
  keepalive: undefined,
  maxResponseBytes: 64 * 1024,
  userAgent: 'protobridge-test',
}

export function loopback(port: number, host = '127.0.0.1'): Endpoint {
  return { address: `${host}:${port}`, host, port, path: undefined, ...PLAIN }
}

/** Opens a connection for the length of `use`. */
export async function withConnection<T>(
  transport: Transport,
  endpoint: Endpoint,
  options: Partial<ConnectionOptions>,
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = transport.open(endpoint, { ...CONNECTION, ...options })
  try {
    return await use(connection)
  } finally {
    connection.close()
  }
}
