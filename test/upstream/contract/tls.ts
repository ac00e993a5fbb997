import { ServerCredentials } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls'
import type { AddressInfo } from 'node:net'
import type { TlsOptions, Transport } from '../../../src/upstream/index.js'
import { unary } from '../../support/calls.js'
import { CertificateAuthority, type Certificate } from '../../support/certificates.js'
import { startEchoServer, type EchoServer } from '../../support/grpc-servers/echo-server.js'
import { loopback, withConnection } from './context.js'

const NOTHING: TlsOptions = { ca: undefined, cert: undefined, key: undefined, serverName: undefined }

export function describeTls(transport: Transport): void {
  describe('TLS', () => {
    let authority: CertificateAuthority
    let stranger: CertificateAuthority
    let client: Certificate
    let strangerClient: Certificate
    let plain: EchoServer
    let mutual: EchoServer
    let named: EchoServer

    beforeAll(async () => {
      authority = await CertificateAuthority.create()
      stranger = await CertificateAuthority.create('stranger')
      client = await authority.issue({ name: 'gateway', use: 'client' })
      strangerClient = await stranger.issue({ name: 'gateway', use: 'client' })
      const local = await authority.issueForLocalhost()
      const other = await authority.issue({ name: 'library', altNames: ['library.internal'], use: 'server' })
      const pair = ({ cert, key }: Certificate): { cert_chain: Buffer; private_key: Buffer }[] => [
        { cert_chain: cert, private_key: key },
      ]
      plain = await startEchoServer(ServerCredentials.createSsl(null, pair(local)))
      mutual = await startEchoServer(ServerCredentials.createSsl(authority.cert, pair(local), true))
      named = await startEchoServer(ServerCredentials.createSsl(null, pair(other)))
    })
    afterAll(() => {
      for (const server of [plain, mutual, named]) server.close()
    })

    interface Row {
      readonly row: string
      readonly server: () => EchoServer
      readonly tls: () => Partial<TlsOptions>
      readonly host?: string
      readonly authority?: string
      readonly refused?: RegExp
    }

    const rows: readonly Row[] = [
      { row: 'a trusted server, by address', server: () => plain, tls: () => ({ ca: authority.cert }) },
      { row: 'a trusted server, by name', server: () => plain, tls: () => ({ ca: authority.cert }), host: 'localhost' },
      {
        row: 'a server of another authority',
        server: () => plain,
        tls: () => ({ ca: stranger.cert }),
        refused: /self-signed|unable to|certificate/i,
      },
      {
        row: 'a server the system does not know',
        server: () => plain,
        tls: () => ({}),
        refused: /self-signed|unable to|certificate/i,
      },
      {
        row: 'a certificate of another name',
        server: () => named,
        tls: () => ({ ca: authority.cert }),
        refused: /altnames|does not match/i,
      },
      {
        row: 'a certificate of the name in serverName',
        server: () => named,
        tls: () => ({ ca: authority.cert, serverName: 'library.internal' }),
      },
      {
        row: 'a certificate of the name in authority',
        server: () => named,
        tls: () => ({ ca: authority.cert }),
        authority: 'library.internal:443',
      },
      {
        row: 'mutual, with our certificate',
        server: () => mutual,
        tls: () => ({ ca: authority.cert, cert: client.cert, key: client.key }),
      },
      { row: 'mutual, without one', server: () => mutual, tls: () => ({ ca: authority.cert }), refused: /./ },
      {
        row: 'mutual, with one of another authority',
        server: () => mutual,
        tls: () => ({ ca: authority.cert, cert: strangerClient.cert, key: strangerClient.key }),
        refused: /./,
      },
      {
        row: 'a key that does not fit',
        server: () => mutual,
        tls: () => ({ ca: authority.cert, cert: client.cert, key: strangerClient.key }),
        refused: /key/i,
      },
      {
        row: 'a certificate that is no PEM',
        server: () => mutual,
        tls: () => ({ ca: authority.cert, cert: Buffer.from('x'), key: client.key }),
        refused: /PEM|start line/i,
      },
    ]

    test.each(rows)('$row', async ({ server, tls, host, authority: name, refused }) => {
      const endpoint = loopback(server().port, host)
      const options = { tls: { ...NOTHING, ...tls() }, authority: name }
      await withConnection(transport, endpoint, options, async (connection) => {
        const { status } = await unary(connection, '/test.Echo/Unary', 'x')
        if (refused === undefined) {
          expect(status).toMatchObject({ code: 0, origin: 'peer' })
          expect(server().lastAuthority).toBe(name ?? endpoint.address)
        } else {
          expect(status).toMatchObject({ code: 14, origin: 'local' })
          expect(connection.lastError).toMatch(refused)
        }
      })
    })

    test('`tls: {}` trusts what the system trusts: here the file SSL_CERT_FILE names', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'roots-'))
      const file = join(folder, 'roots.pem')
      writeFileSync(file, authority.cert)
      const before = process.env['SSL_CERT_FILE']
      process.env['SSL_CERT_FILE'] = file
      try {
        await withConnection(transport, loopback(plain.port), { tls: { ...NOTHING } }, async (connection) => {
          expect((await unary(connection, '/test.Echo/Unary')).status.code).toBe(0)
        })
      } finally {
        if (before === undefined) delete process.env['SSL_CERT_FILE']
        else process.env['SSL_CERT_FILE'] = before
        rmSync(folder, { recursive: true })
      }
    })

    test('plaintext to a TLS server, and TLS to a plaintext one: UNAVAILABLE', async () => {
      const cleartext = await startEchoServer()
      await withConnection(transport, loopback(plain.port), { connectTimeoutMs: 500 }, async (connection) => {
        expect((await unary(connection, '/a.B/C')).status).toMatchObject({ code: 14, origin: 'local' })
      })
      const tls = { ...NOTHING, ca: authority.cert }
      await withConnection(transport, loopback(cleartext.port), { tls, connectTimeoutMs: 500 }, async (connection) => {
        expect((await unary(connection, '/a.B/C')).status).toMatchObject({ code: 14, origin: 'local' })
      })
      cleartext.close()
    })

    test('a TLS server that does not agree on h2 is refused, with the reason', async () => {
      const { cert, key } = await authority.issueForLocalhost()
      const server: TlsServer = createTlsServer({ cert, key, ALPNProtocols: ['http/1.1'] }, (socket) =>
        socket.on('error', () => undefined),
      )
      server.on('tlsClientError', () => undefined)
      const port = await new Promise<number>((resolve) =>
        server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
      )
      await withConnection(
        transport,
        loopback(port),
        { tls: { ...NOTHING, ca: authority.cert } },
        async (connection) => {
          expect((await unary(connection, '/a.B/C')).status).toMatchObject({ code: 14, origin: 'local' })
          expect(connection.lastError).toMatch(/ALPN|application protocol/i)
        },
      )
      server.close()
    })
  })
}
