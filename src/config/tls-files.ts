import { type KeyObject, X509Certificate, createPrivateKey } from 'node:crypto'
import { readBytes } from '../files/index.js'
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
  if (isReadable(ca) && certificateIn(ca) === undefined) {
    at.inputError(`${pointer}/${files.caKey}`, 'the file holds no certificate', 'give a PEM file (BEGIN CERTIFICATE)')
  }
  if (!isReadable(cert) || !isReadable(key)) return
  const certificate = certificateIn(cert)
  const privateKey = privateKeyIn(key)
  if (certificate === undefined) {
    at.inputError(`${pointer}/cert`, 'the file holds no certificate', 'give a PEM file (BEGIN CERTIFICATE)')
  }
  if (privateKey === undefined) {
    at.inputError(
      `${pointer}/key`,
      'the file holds no private key that can be read',
      'give a PEM file (BEGIN PRIVATE KEY) without a passphrase',
    )
  }
  if (certificate === undefined || privateKey === undefined) return
  if (!certificate.checkPrivateKey(privateKey)) {
    at.inputError(
      `${pointer}/key`,
      'the key is not that of the certificate',
      'give the key the certificate was made with',
    )
  }
}

function isReadable(path: string | undefined): path is string {
  return path !== undefined && whyUnreadable(path, 'file') === undefined
}

/** The first certificate of a bundle; OpenSSL reads the others when it needs them. */
function certificateIn(path: string): X509Certificate | undefined {
  try {
    return new X509Certificate(readBytes(path))
  } catch {
    return undefined
  }
}

function privateKeyIn(path: string): KeyObject | undefined {
  try {
    return createPrivateKey(readBytes(path))
  } catch {
    return undefined
  }
}
