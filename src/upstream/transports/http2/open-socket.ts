import { connect as connectTcp, isIP, type Socket, type TcpNetConnectOpts } from 'node:net'
import { checkServerIdentity, connect as connectTls, type ConnectionOptions as TlsConnectOptions } from 'node:tls'
import { secureContextOf } from '../../tls-context.js'
import type { Endpoint, TlsOptions } from '../../types.js'

/** Each socket reads into a buffer of its own, again and again: what is kept of it is copied. */
const READ_BYTES = 64 * 1024

export interface SocketHandler {
  /** TCP and TLS are up. Bytes read before this has returned do not exist: the server speaks second. */
  onConnect(socket: Socket): void
  /** Bytes have been read. They are lent: the buffer is used again. */
  onRead(bytes: Buffer, length: number): void
  /** It is over; exactly once, after onConnect or instead. @param reason for a person */
  onClose(reason: string): void
}

/**
 * Opens a socket to an endpoint: TCP or a unix socket, and TLS with ALPN `h2` where asked for.
 * @param serverName whose certificate is expected
 * @throws where the certificates of `tls` are no good
 */
export function openSocket(
  endpoint: Endpoint,
  tls: TlsOptions | undefined,
  serverName: string,
  handler: SocketHandler,
): Socket {
  const onread = {
    buffer: Buffer.allocUnsafeSlow(READ_BYTES),
    callback: (length: number, bytes: Uint8Array): boolean => {
      handler.onRead(bytes as Buffer, length)
      return true
    },
  }
  const address = endpoint.path === undefined ? { host: endpoint.host, port: endpoint.port } : { path: endpoint.path }
  let reason = 'the connection was closed'
  let socket: Socket
  if (tls === undefined) {
    socket = connectTcp({ ...address, onread, noDelay: true } as TcpNetConnectOpts)
    socket.once('connect', () => handler.onConnect(socket))
  } else {
    const options: TlsConnectOptions & { onread: typeof onread } = {
      ...address,
      onread,
      secureContext: secureContextOf(tls),
      // RFC 6066 §3: no addresses in SNI. The certificate is checked against the name all the same.
      servername: isIP(serverName) === 0 ? serverName : '',
      checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate),
      ALPNProtocols: ['h2'],
    }
    const secured = connectTls(options)
    secured.setNoDelay(true)
    secured.once('secureConnect', () => {
      if (secured.alpnProtocol === 'h2') handler.onConnect(secured)
      else secured.destroy(new Error('the server did not agree on h2 by ALPN'))
    })
    socket = secured
  }
  socket.on('error', (error) => {
    reason = textOf(error)
  })
  socket.once('end', () => socket.destroy())
  socket.once('close', () => handler.onClose(reason))
  return socket
}

/** A name with several addresses fails with an error of errors, without words of its own. */
function textOf(error: Error): string {
  if (error.message !== '') return error.message
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : []
  return first instanceof Error ? first.message : String((error as NodeJS.ErrnoException).code ?? error.name)
}
