import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

/** Who signs the tokens of benchmarks. */
export const BENCH_ISSUER = 'https://idp.example'

/** What an issuer of tokens has: a file of its public keys in `folder`, and a token of scopes a and b that it signed. */
export async function createIdentity(folder: string): Promise<{ readonly jwks: string; readonly token: string }> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const jwks = join(folder, 'jwks.json')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' }
  writeFileSync(jwks, JSON.stringify({ keys: [jwk] }))
  const token = await new SignJWT({ sub: 'bench', scope: 'a b' })
    .setProtectedHeader({ alg: 'ES256', kid: 'k' })
    .setIssuer(BENCH_ISSUER)
    .setAudience('api')
    .setExpirationTime('1h')
    .sign(privateKey)
  return { jwks, token }
}
