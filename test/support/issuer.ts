import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose'

/** One signing key of an issuer. */
export interface SigningKey {
  readonly kid: string
  readonly alg: string
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}

/** An issuer of tokens that a test can change, take away and count the fetches of. */
export class Issuer {
  url = ''
  /** What the key set has. */
  keys: SigningKey[] = []
  jwksFetches = 0
  introspections: string[] = []
  /** How long an introspection takes. */
  delayMs = 0
  /** undefined: as a sound issuer; else the status it answers with. */
  isAway = false
  discoveryIssuer: string | undefined
  /** Answers introspection; undefined: not active. */
  introspect: (token: string) => object | string = () => ({ active: false })
  readonly #server = createServer((req, res) => {
    if (this.isAway) return void req.socket.destroy()
    const json = (value: unknown): void => {
      res.setHeader('content-type', 'application/json')
      res.end(typeof value === 'string' ? value : JSON.stringify(value))
    }
    if (req.url === '/.well-known/openid-configuration') {
      return json({ issuer: this.discoveryIssuer ?? this.url, jwks_uri: `${this.url}/jwks.json` })
    }
    if (req.url === '/jwks.json') {
      this.jwksFetches++
      return void Promise.all(this.keys.map((key) => jwkOf(key))).then((keys) => json({ keys }))
    }
    if (req.url === '/introspect') {
      return void bodyOf(req).then((body) => {
        this.introspections.push(`${req.headers.authorization ?? ''} ${body}`)
        const answer = this.introspect(new URLSearchParams(body).get('token') ?? '')
        setTimeout(() => json(answer), this.delayMs)
      })
    }
    res.statusCode = 404
    res.end()
  })

  static async start(): Promise<Issuer> {
    const issuer = new Issuer()
    await new Promise<void>((resolve) => issuer.#server.listen(0, '127.0.0.1', resolve))
    issuer.url = `http://127.0.0.1:${(issuer.#server.address() as AddressInfo).port}`
    issuer.keys = [await makeKey('k1')]
    return issuer
  }

  /** A good token, but for what is said. */
  sign(
    claims: JWTPayload = {},
    options: { readonly key?: SigningKey; readonly header?: object; readonly expires?: number } = {},
  ): Promise<string> {
    const key = options.key ?? this.keys[0]!
    const now = Math.floor(Date.now() / 1000)
    const all = { iss: this.url, sub: 'ann', aud: 'api', iat: now, exp: now + 300, ...claims }
    const payload = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
    return new SignJWT(payload)
      .setProtectedHeader({ alg: key.alg, kid: key.kid, ...options.header })
      .sign(key.privateKey)
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

export async function makeKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  return { kid, alg, ...(await generateKeyPair(alg, { extractable: true })) }
}

export async function jwkOf({ kid, alg, publicKey }: SigningKey): Promise<object> {
  return { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }
}

async function bodyOf(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
