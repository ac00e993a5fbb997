import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { benchCosts, type CostRun } from './costs.js'

/* What it costs to count requests, and to let pages of other origins call. */

const ISSUER = 'https://idp.example'
const LIMITS = [{ name: 'many', rate: '100000000/h', by: 'address' }]
const CORS = { origins: ['https://app.example'], expose: ['etag'], credentials: true }
const ORIGIN = 'origin: https://app.example\r\n'

/** Prints CPU per request without and with each, in units of the bare responder. @returns the number of failed requests */
export async function benchLimits(length: CostRun): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'protobridge-bench-'))
  try {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' }
    writeFileSync(join(folder, 'jwks.json'), JSON.stringify({ keys: [jwk] }))
    const token = await new SignJWT({ sub: 'bench' })
      .setProtectedHeader({ alg: 'ES256', kid: 'k' })
      .setIssuer(ISSUER)
      .setExpirationTime('1h')
      .sign(privateKey)
    const auth = { providers: { idp: { jwt: { issuer: ISSUER, jwks: join(folder, 'jwks.json') } } } }
    const headers = `${ORIGIN}authorization: Bearer ${token}\r\n`
    const byIdentity = [{ name: 'many', rate: '100000000/h', by: 'identity' }]
    const server = 'protobridge'
    return await benchCosts(
      [
        { name: 'bare', server: 'bare', headers },
        { name: 'no policy', server, headers },
        { name: 'memory limit', server, policies: [{ select: '*', limits: LIMITS }], headers },
        { name: 'CORS', server, policies: [{ select: '*', cors: CORS }], headers },
        {
          name: 'cached JWT, memory limit, CORS',
          server,
          auth,
          policies: [{ select: '*', auth: {}, limits: byIdentity, cors: CORS }],
          headers,
        },
      ],
      length,
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await benchLimits({ seconds: 3, rounds: 5 })
}
