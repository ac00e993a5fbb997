import { readFileSync } from 'node:fs'
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls'
import type { TlsOptions } from './types.js'

/** Where systems keep their roots in one file: Debian, RHEL, SUSE, Alpine and macOS. */
const ROOT_FILES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

/**
 * The system's root certificates: the file SSL_CERT_FILE names, as OpenSSL reads it, or else the system's own beside
 * those Node carries (Node 20 on its own uses only the latter).
 */
function systemRoots(): string[] {
  const named = process.env['SSL_CERT_FILE']
  if (named !== undefined && named !== '') return [readFileSync(named, 'utf8')]
  for (const file of ROOT_FILES) {
    try {
      return [...rootCertificates, readFileSync(file, 'utf8')]
    } catch {
      // Another system's place.
    }
  }
  return [...rootCertificates]
}

const contexts = new WeakMap<TlsOptions, SecureContext>()

/**
 * The TLS context of these options, made once per object: a thousand endpoints share it.
 * @throws where a PEM text is no good, or the key does not fit the certificate
 */
export function secureContextOf(tls: TlsOptions): SecureContext {
  let context = contexts.get(tls)
  if (context === undefined) {
    if ((tls.cert === undefined) !== (tls.key === undefined)) throw new Error('cert and key go together')
    context = createSecureContext({ ca: tls.ca ?? systemRoots(), cert: tls.cert, key: tls.key })
    contexts.set(tls, context)
  }
  return context
}

/** What is wrong with the certificates of an upstream, or undefined: for use at load. */
export function validateTls(tls: TlsOptions): string | undefined {
  if (tls.ca !== undefined && !tls.ca.includes('-----BEGIN')) return 'ca is not PEM'
  try {
    secureContextOf(tls)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
