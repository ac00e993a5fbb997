import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { type Normalization, whyUnreadable } from './normalization.js'

/** Absolute paths of PEM files that are to work together. `caKey`: what the key of `ca` is called. */
export interface TlsFiles {
  readonly ca: string | undefined
  readonly caKey: string
  readonly cert: string | undefined
  readonly key: string | undefined
}

/**
 * Says at load what a TLS socket would say only at the first handshake, or at the start: files that hold no certificate
 * or key, a key that is another certificate's. Files that cannot be read have been reported before.
 */
export function checkTlsFiles(pointer: string, files: TlsFiles, at: Normalization): void {
  const { ca, cert, key } = files
  if (isReadable(ca) && !holdsCertificate(ca)) {
    at.error(`${pointer}/${files.caKey}`, 'the file holds no certificate', 'give a PEM file (BEGIN CERTIFICATE)')
  }
  if (!isReadable(cert) || !isReadable(key)) return
  if (!holdsCertificate(cert)) {
    at.error(`${pointer}/cert`, 'the file holds no certificate', 'give a PEM file (BEGIN CERTIFICATE)')
    return
  }
  try {
    createSecureContext({ cert: readFileSync(cert), key: readFileSync(key) })
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? ''
    if (reason.includes('VALUES_MISMATCH')) {
      at.error(`${pointer}/key`, 'the key is not that of the certificate', 'give the key the certificate was made with')
    } else {
      at.error(
        `${pointer}/key`,
        `cert and key cannot be used: ${error instanceof Error ? error.message : reason}`,
        'give PEM files; the key without a passphrase',
      )
    }
  }
}

function isReadable(path: string | undefined): path is string {
  return path !== undefined && whyUnreadable(path, 'file') === undefined
}

function holdsCertificate(path: string): boolean {
  try {
    // The first of a bundle is parsed; OpenSSL reads the others when it needs them.
    return new X509Certificate(readFileSync(path)).raw.length > 0
  } catch {
    return false
  }
}
