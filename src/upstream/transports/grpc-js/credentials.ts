import { isIP, type Socket } from 'node:net'
import { connect as connectTls, type SecureContext } from 'node:tls'
import { CallCredentials, ChannelCredentials, type experimental } from '@grpc/grpc-js'

/** How to secure a connection: the context, and whose certificate is expected. */
export interface SecureTarget {
  readonly context: SecureContext
  readonly serverName: string
}

/**
 * The step of connecting between TCP and HTTP/2, ours so that we hold the socket: an attempt that hangs in TLS or before
 * SETTINGS can be ended, which grpc-js has no limit for.
 */
export class EndpointCredentials extends ChannelCredentials {
  private socket: Socket | undefined
  private readonly secure: (() => SecureTarget) | undefined

  /** @param secure undefined: plaintext; a function that throws where the certificates are no good */
  constructor(secure: (() => SecureTarget) | undefined) {
    super()
    this.secure = secure
  }

  /** Ends the attempt under way, if it has got past TCP; grpc-js then backs off. */
  abort(): boolean {
    if (this.socket === undefined || this.socket.destroyed) return false
    this.socket.destroy()
    return true
  }

  _isSecure(): boolean {
    return this.secure !== undefined
  }

  _equals(other: ChannelCredentials): boolean {
    return this === other
  }

  _createSecureConnector(): experimental.SecureConnector {
    const credentials = CallCredentials.createEmpty()
    return {
      waitForReady: async () => {
        this.socket = undefined
        this.secure?.()
      },
      connect: (socket) => this.connect(socket),
      getCallCredentials: () => credentials,
      destroy: () => undefined,
    }
  }

  private connect(socket: Socket): Promise<experimental.SecureConnectResult> {
    this.socket = socket
    if (this.secure === undefined) return Promise.resolve({ socket, secure: false })
    const { context, serverName } = this.secure()
    return new Promise((resolve, reject) => {
      const tlsSocket = connectTls({
        socket,
        secureContext: context,
        host: serverName,
        // RFC 6066 §3: no addresses in SNI; the certificate is then checked against `host`.
        servername: isIP(serverName) === 0 ? serverName : '',
        ALPNProtocols: ['h2'],
      })
      this.socket = tlsSocket
      tlsSocket.once('secureConnect', () => {
        if (tlsSocket.alpnProtocol === 'h2') return resolve({ socket: tlsSocket, secure: true })
        tlsSocket.destroy(new Error('the server did not agree on h2 by ALPN'))
      })
      tlsSocket.on('error', reject)
      tlsSocket.once('close', () => reject(new Error('the connection closed during the TLS handshake')))
    })
  }
}
