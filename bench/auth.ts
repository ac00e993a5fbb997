import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { pathToFileURL } from 'node:url'
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose'
import { mtls } from '../src/policies/auth/mtls.js'
import { systemAuth } from '../src/policies/auth/types.js'
import type { PolicyRequest } from '../src/policies/types.js'
import { Problems } from '../src/problems/index.js'
import { benchCosts, type Costed, type CostRun } from './costs.js'
import { BENCH_ISSUER, createIdentity } from './identity.js'

/* What it costs to know who calls, and whether they may. */

/** Prints CPU per request without and with each, in units of the bare responder. @returns the number of failed requests */
export async function benchAuth(length: CostRun): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'protobridge-bench-'))
  try {
    const { jwks, token } = await createIdentity(folder)
    const hash = createHash('sha256').update('bench-key').digest('hex')
    writeFileSync(join(folder, 'keys.yaml'), `keys: [{ id: bench, sha256: ${hash}, scopes: [a] }]`)
    return await benchCosts(rowsOf(folder, jwks, token), length)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function rowsOf(folder: string, jwks: string, token: string): readonly Costed[] {
  const idp = { idp: { jwt: { issuer: BENCH_ISSUER, audiences: ['api'], jwks } } }
  const keys = { keys: { apiKey: { header: 'x-api-key', file: join(folder, 'keys.yaml') } } }
  const bearer = `authorization: Bearer ${token}\r\n`
  const server = 'protobridge'
  const auth = (more: object = {}, select = '*'): readonly object[] => [{ select, auth: { scopes: ['a'], ...more } }]
  return [
    { name: 'bare', server: 'bare' },
    { name: 'nobody is asked', server, headers: bearer },
    { name: 'cached JWT', server, auth: { providers: idp }, policies: auth(), headers: bearer },
    { name: 'API key', server, auth: { providers: keys }, policies: auth(), headers: 'x-api-key: bench-key\r\n' },
    {
      name: 'cached JWT, CEL over the claims',
      server,
      auth: { providers: idp },
      policies: auth({ where: ["claims.sub == 'bench'"] }),
      headers: bearer,
    },
    {
      name: 'cached JWT, CEL over the message',
      server,
      auth: { providers: idp },
      policies: auth({ where: ["request.id == '1'"] }, 'bench.v1.EchoService.GetItem'),
      headers: bearer,
    },
  ]
}

/** Prints what it costs to know the caller of a connection by its certificate, which TLS has checked when it was opened. */
export function benchCertificates(): void {
  const position = { file: 'bench', line: 0, column: 0 }
  const config = {
    kind: 'mtls',
    name: 'certs',
    position,
    allow: [{ san: 'spiffe://corp/*', fingerprint: undefined }],
  } as const
  const provider = mtls.create(config, new Problems(), systemAuth)!
  const certificate = {
    raw: Buffer.alloc(1),
    subject: {},
    issuer: {},
    fingerprint256: '',
    subjectaltname: 'URI:spiffe://corp/a',
  }
  const socket = Object.create(TLSSocket.prototype, {
    authorized: { value: true },
    getPeerCertificate: { value: () => certificate },
  }) as TLSSocket
  const request = { http: { socket } } as unknown as PolicyRequest
  const times = 1_000_000
  for (let i = 0; i < times; i++) provider.authenticate(request)
  const before = process.cpuUsage()
  for (let i = 0; i < times; i++) provider.authenticate(request)
  const { user, system } = process.cpuUsage(before)
  console.log(`  client certificate, known connection ${((user + system) / times).toFixed(3)} µs CPU/request`)
}

/** Prints microseconds of one verification of a token, as it costs where it is not known. */
export async function benchVerification(): Promise<void> {
  for (const alg of ['RS256', 'ES256', 'EdDSA']) {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
    const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg }] })
    const token = await new SignJWT({ sub: 'bench' })
      .setProtectedHeader({ alg, kid: 'k' })
      .setIssuer(BENCH_ISSUER)
      .setExpirationTime('1h')
      .sign(privateKey)
    for (let i = 0; i < 200; i++) await jwtVerify(token, keys, { issuer: BENCH_ISSUER })
    const before = process.cpuUsage()
    const times = 1000
    for (let i = 0; i < times; i++) await jwtVerify(token, keys, { issuer: BENCH_ISSUER })
    const { user, system } = process.cpuUsage(before)
    console.log(`  verifying ${alg.padEnd(6)} ${((user + system) / times).toFixed(0).padStart(5)} µs CPU`)
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await benchAuth({ seconds: 3, rounds: 5 })
  benchCertificates()
  await benchVerification()
}
