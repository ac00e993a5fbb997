// @peculiar/x509 wants it there first.
import 'reflect-metadata'
import { PemConverter, X509CertificateGenerator } from '@peculiar/x509'
import { webcrypto } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { benchCosts, type CostRun } from './costs.js'

/**
 * Prints what a request costs on a connection over TLS that is kept, beside a bare responder over TLS.
 *
 * @returns the number of failed requests
 */
export async function benchTls(length: CostRun): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'protobridge-bench-'))
  try {
    const env = { TLS: JSON.stringify(await writeCertificate(folder)) }
    return await benchCosts(
      [
        { name: 'bare, TLS', server: 'bare', isSecure: true, env },
        { name: 'gateway, TLS', server: 'protobridge', isSecure: true, env },
      ],
      length,
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A certificate that signs itself, and its key, as files. */
async function writeCertificate(folder: string): Promise<{ readonly cert: string; readonly key: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned(
    { name: 'CN=bench', keys, signingAlgorithm: algorithm },
    webcrypto,
  )
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  writeFileSync(cert, certificate.toString('pem'))
  writeFileSync(key, PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY'))
  return { cert, key }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await benchTls({ seconds: 3, rounds: 5 })
}
