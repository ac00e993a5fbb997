import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { request, type Agent, type RequestOptions } from 'node:https'
import { connect as connectTcp } from 'node:net'
import { connect, type ConnectionOptions } from 'node:tls'
import { CertificateAuthority, type Certificate } from '../support/certificates.js'
import { echoProject, startEchoUpstream, type EchoUpstream } from '../support/echo-project.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import type { Project } from '../support/project.js'

let authority: CertificateAuthority
let upstream: EchoUpstream
let project: Project
let client: Certificate
let stranger: Certificate
let gateway: TestGateway

beforeAll(async () => {
  authority = await CertificateAuthority.create()
  upstream = await startEchoUpstream()
  project = echoProject(upstream.target)
  client = await authority.issue({ name: 'partner', use: 'client' })
  stranger = await (await CertificateAuthority.create('another')).issue({ name: 'stranger', use: 'client' })
  await renew()
  project.write('ca.pem', authority.cert)
})
afterEach(() => gateway.stop())
afterAll(() => {
  upstream.stop()
  project.remove()
})

/** Writes a fresh certificate for the listener; returns it. */
async function renew(): Promise<Certificate> {
  const certificate = await authority.issueForLocalhost()
  project.write('cert.pem', certificate.cert)
  project.write('key.pem', certificate.key)
  return certificate
}

async function start(tls: object = {}, headerTimeout = '1s', more: object = {}): Promise<void> {
  const { path } = project
  gateway = await startGateway({
    listen: {
      host: '127.0.0.1',
      port: 0,
      tls: { cert: `${path}/cert.pem`, key: `${path}/key.pem`, ...tls },
    },
    schema: [{ protos: ['echo/*.proto'], roots: [`${path}/protos`] }],
    upstreams: { echo: { target: upstream.target, services: ['echo.v1.*'] } },
    client: { headerTimeout },
    ...more,
  })
}

const NO_AGENT = false as unknown as Agent

/** The status of a GET over TLS; rejects where the handshake, or the connection, is refused. */
function get(options: RequestOptions = {}): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const all = {
      host: '127.0.0.1',
      port: gateway.port,
      path: '/v1/echo/a',
      ca: authority.cert,
      agent: NO_AGENT,
      ...options,
    }
    request(all, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
}

/** Handshakes; resolves with the serial number of the server's certificate. */
function handshake(
  options: ConnectionOptions = {},
): Promise<{ protocol: string | null; serial: string; alpn: string | false | null }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: gateway.port, ca: authority.cert, ...options }, () => {
      const { serialNumber: serial } = socket.getPeerCertificate()
      resolve({ protocol: socket.getProtocol(), serial, alpn: socket.alpnProtocol })
      socket.destroy()
    })
    socket.on('error', reject)
  })
}

/** Sends bytes that are no handshake; resolves when the gateway has closed the connection. */
function sendGarbage(bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    let received = ''
    const socket = connectTcp(gateway.port, '127.0.0.1', () => socket.write(bytes))
    socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(received))
  })
}

describe('a TLS listener', () => {
  test('serves, says so in its URL, and to the upstream', async () => {
    await start()
    expect(gateway.url).toBe(`https://127.0.0.1:${gateway.port}`)
    expect(await get()).toBe(200)
    expect(upstream.lastMetadata()).toMatchObject({ 'x-forwarded-proto': 'https' })
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('%s', async (version) => {
    await start()
    expect(await handshake({ minVersion: version, maxVersion: version })).toMatchObject({ protocol: version })
  })

  test.each(['TLSv1', 'TLSv1.1'] as const)('%s is refused', async (version) => {
    await start()
    // Security level 0: else the client itself would refuse to try.
    const old = { minVersion: version, maxVersion: version, ciphers: 'ALL:@SECLEVEL=0' }
    await expect(handshake(old)).rejects.toThrow(/alert protocol version|unsupported protocol/i)
  })

  test('HTTP/1.1 by ALPN', async () => {
    await start()
    expect(await handshake({ ALPNProtocols: ['h2', 'http/1.1'] })).toMatchObject({ alpn: 'http/1.1' })
  })

  test.each([
    { name: 'plain HTTP', bytes: 'GET /v1/echo/a HTTP/1.1\r\nHost: a\r\n\r\n' },
    { name: 'garbage', bytes: Buffer.alloc(2000, 0xa5) },
    { name: 'half a handshake', bytes: Buffer.from('160301020001', 'hex') },
  ])('$name is refused, and the next client served', async ({ bytes }) => {
    await start()
    expect(await sendGarbage(bytes)).not.toContain('HTTP/1.1 200')
    expect(await get()).toBe(200)
  })

  test('what is no HTTP within TLS is told so, and to stay with TLS where that is configured', async () => {
    await start({}, '1s', { edge: { securityHeaders: true } })
    const answer = await new Promise<string>((resolve, reject) => {
      let received = ''
      const socket = connect({ host: '127.0.0.1', port: gateway.port, ca: authority.cert }, () =>
        socket.write('NOT HTTP\r\n\r\n'),
      )
      socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')))
      socket.on('error', reject)
      socket.on('close', () => resolve(received))
    })
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).toMatch(/^strict-transport-security: max-age=31536000\r$/m)
  })

  // Large answers, without waiting for anybody: while they are not taken, node:http reads no further. Of a large body it reads
  // no more at a time than there is room for.
  const large = JSON.stringify({ text: 'x'.repeat(100_000) })
  const pipelined = [
    { what: 'requests', line: 'GET /v1/echo/a?none=1 HTTP/1.1', count: 1000, fields: '', body: '' },
    {
      what: 'large bodies',
      line: 'POST /v1/echo HTTP/1.1',
      count: 20,
      fields: `Content-Type: application/json\r\nContent-Length: ${large.length}\r\n`,
      body: large,
    },
  ]
  test.each(pipelined)('$what that come at once, in many TLS records, are all answered, in turn', async (sent) => {
    const set = { 'x-large': 'x'.repeat(20_000) }
    await start({}, '1s', { policies: [{ select: '*', headers: { response: { set } } }] })
    const ids = Array.from({ length: sent.count }, (_, index) => `r${index}`)
    const answered = await new Promise<string[]>((resolve, reject) => {
      let text = ''
      const socket = connect({ host: '127.0.0.1', port: gateway.port, ca: authority.cert }, () => {
        for (const id of ids) {
          const close = id === ids.at(-1) ? 'Connection: close\r\n' : ''
          socket.write(`${sent.line}\r\nHost: a\r\nX-Request-Id: ${id}\r\n${sent.fields}${close}\r\n${sent.body}`)
        }
      })
      socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk))
      socket.on('error', reject)
      socket.setTimeout(5000, () => socket.destroy())
      socket.on('close', () => resolve(Array.from(text.matchAll(/^x-request-id: (.*)\r$/gm), ([, id]) => id!)))
    })
    expect(answered).toEqual(ids)
  })

  test('a client that says nothing is left after client.headerTimeout', async () => {
    await start()
    const began = performance.now()
    await sendGarbage('')
    expect(performance.now() - began).toBeLessThan(8000)
  })

  test('a handshake under way holds no drain up', async () => {
    await start({}, '15s')
    const closed = sendGarbage(Buffer.from('160301', 'hex'))
    await new Promise((resolve) => setTimeout(resolve, 50))
    const began = performance.now()
    expect(await gateway.gateway.close()).toEqual({ wasCut: false })
    await closed
    expect(performance.now() - began).toBeLessThan(5000)
  })
})

describe('client certificates', () => {
  const cases = [
    { clientCert: 'require', name: 'none', isServed: false },
    { clientCert: 'require', name: 'one of the authority', isServed: true },
    { clientCert: 'require', name: 'one of another authority', isServed: false },
    { clientCert: 'request', name: 'none', isServed: true },
    { clientCert: 'request', name: 'one of the authority', isServed: true },
    { clientCert: 'none', name: 'none', isServed: true },
  ]
  test.each(cases)('clientCert: $clientCert, $name: served $isServed', async ({ clientCert, name, isServed }) => {
    await start({ clientCa: `${project.path}/ca.pem`, clientCert })
    const certificate = name === 'none' ? {} : name === 'one of the authority' ? client : stranger
    const response = get(certificate)
    if (isServed) expect(await response).toBe(200)
    else await expect(response).rejects.toThrow()
    expect(await get(client)).toBe(200)
  })

  test('clientCa alone requires one', async () => {
    await start({ clientCa: `${project.path}/ca.pem` })
    await expect(get()).rejects.toThrow()
  })
})

describe('renewal', () => {
  test('a reload takes the new certificate for new connections', async () => {
    await start()
    const { serial } = await handshake()
    await renew()
    expect(await handshake()).toMatchObject({ serial })
    await gateway.gateway.reload()
    expect((await handshake()).serial).not.toBe(serial)
    expect(await get()).toBe(200)
  })

  test('one that does not work refuses the reload, and the old one goes on', async () => {
    await start()
    const { serial } = await handshake()
    const good = await renew()
    project.write('key.pem', (await authority.issueForLocalhost()).key)
    await expect(gateway.gateway.reload()).rejects.toThrow('the key is not that of the certificate')
    expect(await handshake()).toMatchObject({ serial })
    project.write('key.pem', good.key)
    expect(await gateway.gateway.reload()).toEqual({ generation: 2 })
  })
})
