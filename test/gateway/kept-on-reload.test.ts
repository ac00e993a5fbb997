import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { pino } from 'pino'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { openGateway, type OperatedGateway } from '../../src/gateway/index.js'
import { CertificateAuthority, type Certificate } from '../support/certificates.js'
import { until } from '../support/calls.js'
import { echoConfig, echoProject, ECHO_PROTO, startEchoUpstream, type EchoUpstream } from '../support/echo-project.js'
import type { Project } from '../support/project.js'

/* What did not change is not begun anew by a reload, and every kind of file that changed is a reason for one. */

let upstream: EchoUpstream
let project: Project
let gateway: OperatedGateway
let urls: readonly string[]

beforeAll(async () => {
  upstream = await startEchoUpstream()
})
afterEach(async () => {
  upstream.release()
  await gateway.close()
  project.remove()
})
afterAll(() => upstream.stop())

async function start(more: string, files: Readonly<Record<string, string | Buffer>> = {}): Promise<void> {
  project = echoProject(upstream.target, `drain: 1s\n${more}`)
  for (const [name, text] of Object.entries(files)) project.write(name, text)
  gateway = await openGateway(
    { kind: 'file', path: join(project.path, 'gw.yaml') },
    { logger: pino({ level: 'silent' }) },
  )
  urls = (await gateway.listen()).urls
}

const statusOf = async (path: string, headers: Readonly<Record<string, string>> = {}): Promise<number> =>
  (await fetch(`${urls[0]!}${path}`, { headers })).status

/** Another configuration, whose lines are elsewhere, too. */
async function reloadMoved(more: string): Promise<void> {
  project.write('gw.yaml', `# moved\n\n${echoConfig(upstream.target, `drain: 1s\nquery: { ignore: [x] }\n${more}`)}`)
  await gateway.reload()
  expect(await statusOf('/v1/hold?y=1')).not.toBe(200)
}

const keysFile = (...keys: readonly string[]): string =>
  `keys: [${keys.map((key) => `{ id: ${key}, sha256: ${createHash('sha256').update(key).digest('hex')} }`).join(', ')}]\n`

describe('a reload keeps', () => {
  test('what a caller has spent of a limit', async () => {
    const more = 'watch: false\npolicies: [{ select: "*", limits: [{ name: few, rate: 3/d, by: address }] }]'
    await start(more)
    expect([await statusOf('/v1/echo/a'), await statusOf('/v1/echo/a')]).toEqual([200, 200])
    project.write('gw.yaml', `# moved\n\n${echoConfig(upstream.target, `drain: 1s\nquery: { ignore: [x] }\n${more}`)}`)
    await gateway.reload()
    expect([await statusOf('/v1/echo/a'), await statusOf('/v1/echo/a')]).toEqual([200, 429])
  })

  test('how many requests of a caller are under way, in the old configuration too', async () => {
    const more = (max: number): string =>
      `watch: false\npolicies: [{ select: "*", concurrency: { max: ${max}, by: global } }]`
    await start(more(1))
    const held = statusOf('/v1/hold')
    await until(() => upstream.held() === 1, 'the call')
    await reloadMoved(more(1))
    expect(await statusOf('/v1/echo/a')).toBe(429)
    await reloadMoved(more(2))
    expect(await statusOf('/v1/echo/a')).toBe(200)
    upstream.release()
    expect(await held).toBe(200)
    await reloadMoved(more(1))
    expect(await statusOf('/v1/echo/a')).toBe(200)
  })

  test('descriptors whose files are as they were; one that changed is compiled again', async () => {
    await start('watch: false')
    const { schema } = gateway.snapshot
    await gateway.reload()
    expect(gateway.snapshot.schema).toBe(schema)
    project.write('protos/echo/echo.proto', ECHO_PROTO.replaceAll('/v1/echo', '/v2/echo'))
    await gateway.reload()
    expect(gateway.snapshot.schema).not.toBe(schema)
    expect([await statusOf('/v1/echo/a'), await statusOf('/v2/echo/a')]).toEqual([404, 200])
  })

  test('what is wrong with a file is told each time, though nothing else changes', async () => {
    await start('watch: false')
    project.write('protos/echo/more.proto', 'syntax = "proto3";\npackage more.v1;\nmessage M {\n')
    const refusals = [await gateway.reload().catch(String), await gateway.reload().catch(String)]
    expect(refusals[0]).toMatch(/more\.proto:4:1: /)
    expect(refusals[1]).toBe(refusals[0])
  })
})

describe('TLS of a listener', () => {
  let one: Certificate
  let other: Certificate
  let ca: Buffer
  beforeAll(async () => {
    const authority = await CertificateAuthority.create()
    ca = authority.cert
    one = await authority.issueForLocalhost()
    other = await authority.issueForLocalhost()
  })

  const listen = 'listen: { host: 127.0.0.1, port: 0, tls: { cert: c.pem, key: k.pem } }'

  /** Whether a session is resumed, and the session for next time. */
  function handshake(session?: Buffer): Promise<{ readonly isResumed: boolean; readonly session: Buffer }> {
    return new Promise((resolve, reject) => {
      const socket: TLSSocket = connect(
        {
          port: Number(new URL(urls[0]!).port),
          host: '127.0.0.1',
          servername: 'localhost',
          ca,
          // The ticket is part of the handshake there.
          maxVersion: 'TLSv1.2',
          ...(session === undefined ? {} : { session }),
        },
        () => {
          resolve({ isResumed: socket.isSessionReused(), session: socket.getSession()! })
          socket.end()
        },
      )
      socket.on('error', reject)
    })
  }

  test('sessions are resumed after a reload, with a renewed certificate too', async () => {
    await start('watch: false', { 'c.pem': one.cert, 'k.pem': one.key })
    await gateway.close()
    project.write('gw.yaml', echoConfig(upstream.target, 'drain: 1s\nwatch: false').replace(/^listen: .*$/m, listen))
    gateway = await openGateway(
      { kind: 'file', path: join(project.path, 'gw.yaml') },
      { logger: pino({ level: 'silent' }) },
    )
    urls = (await gateway.listen()).urls
    const first = await handshake()
    expect(first.isResumed).toBe(false)
    await gateway.reload()
    const second = await handshake(first.session)
    expect(second.isResumed).toBe(true)
    project.write('c.pem', other.cert)
    project.write('k.pem', other.key)
    await gateway.reload()
    expect((await handshake(second.session)).isResumed).toBe(true)
  })
})

describe('watched: a change of', () => {
  test('a file of API keys; one that is broken keeps the old, and names file and line', async () => {
    await start(
      'auth: { providers: { keys: { apiKey: { header: x-api-key, file: keys.yaml } } } }\npolicies: [{ select: "*", auth: {} }]',
      { 'keys.yaml': keysFile('first') },
    )
    expect(await statusOf('/v1/echo/a', { 'x-api-key': 'second' })).toBe(401)
    project.write('keys.yaml', keysFile('first', 'second'))
    await until(() => gateway.status().generation === 2, 'generation 2')
    expect(await statusOf('/v1/echo/a', { 'x-api-key': 'second' })).toBe(200)
    project.write('keys.yaml', 'keys:\n  - { id: third, sha256: nonsense }\n')
    await until(() => gateway.status().lastErrors.length > 0, 'the refusal')
    expect(gateway.status().lastErrors[0]).toMatch(/keys\.yaml:2:\d+: "sha256" is wrong/)
    expect(await statusOf('/v1/echo/a', { 'x-api-key': 'second' })).toBe(200)
  })

  test('a file of users, and one of token keys', async () => {
    await start(
      'auth: { providers: { old: { basic: { file: users.yaml } }, idp: { jwt: { issuer: "https://idp.example", jwks: jwks.json } } } }\npolicies: [{ select: "*", auth: {} }]',
      { 'users.yaml': 'users: []\n', 'jwks.json': '{ "keys": [] }' },
    )
    project.write('users.yaml', '# nobody\nusers: []\n')
    await until(() => gateway.status().generation === 2, 'generation 2')
    project.write('jwks.json', '{ "keys": [ ] }')
    await until(() => gateway.status().generation === 3, 'generation 3')
    project.write('jwks.json', '{ "keys": [ }')
    await until(() => gateway.status().lastErrors.length > 0, 'the refusal')
    expect(gateway.status().lastErrors[0]).toMatch(/gw\.yaml:\d+:\d+: the key set .*jwks\.json cannot be used/)
  })
})
