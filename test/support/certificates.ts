// @peculiar/x509 wants it there first.
import 'reflect-metadata'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  type Extension,
  type JsonGeneralName,
  type X509Certificate,
} from '@peculiar/x509'
import { webcrypto } from 'node:crypto'
import { isIP } from 'node:net'

/** A certificate and its key, PEM. */
export interface Certificate {
  readonly cert: Buffer
  readonly key: Buffer
}

export interface CertificateOptions {
  /** Common name; '': none. */
  readonly name: string
  /** Subject alternative names: IP addresses, URIs (with `://`) and else DNS names. */
  readonly altNames?: readonly string[]
  readonly use?: 'server' | 'client'
  /** Default: from an hour ago to tomorrow. */
  readonly notBefore?: Date
  readonly notAfter?: Date
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const HOUR_MS = 3_600_000

/** An authority of a test's own, made in memory; it signs certificates for servers and clients. */
export class CertificateAuthority {
  /** Its own certificate, PEM: what peers have to trust. */
  readonly cert: Buffer
  private readonly certificate: X509Certificate
  private readonly keys: CryptoKeyPair
  private serial = 1

  private constructor(certificate: X509Certificate, keys: CryptoKeyPair) {
    this.certificate = certificate
    this.keys = keys
    this.cert = Buffer.from(certificate.toString('pem'))
  }

  static async create(name = 'test authority'): Promise<CertificateAuthority> {
    const keys = await makeKeys()
    const certificate = await X509CertificateGenerator.createSelfSigned(
      {
        serialNumber: '01',
        name: `CN=${name}`,
        notBefore: new Date(Date.now() - HOUR_MS),
        notAfter: new Date(Date.now() + 24 * HOUR_MS),
        signingAlgorithm: ALGORITHM,
        keys,
        extensions: [
          new BasicConstraintsExtension(true, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        ],
      },
      webcrypto,
    )
    return new CertificateAuthority(certificate, keys)
  }

  /** Signs a certificate with a fresh key. */
  async issue(options: CertificateOptions): Promise<Certificate> {
    const keys = await makeKeys()
    this.serial += 1
    const use = options.use === 'client' ? ExtendedKeyUsage.clientAuth : ExtendedKeyUsage.serverAuth
    const extensions: Extension[] = [
      new BasicConstraintsExtension(false),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([use]),
    ]
    const { altNames = [] } = options
    if (altNames.length > 0) extensions.push(new SubjectAlternativeNameExtension(altNames.map(generalName)))
    const certificate = await X509CertificateGenerator.create(
      {
        serialNumber: this.serial.toString(16).padStart(2, '0'),
        subject: options.name === '' ? '' : `CN=${options.name}`,
        issuer: this.certificate.subject,
        notBefore: options.notBefore ?? new Date(Date.now() - HOUR_MS),
        notAfter: options.notAfter ?? new Date(Date.now() + 24 * HOUR_MS),
        signingAlgorithm: ALGORITHM,
        publicKey: keys.publicKey,
        signingKey: this.keys.privateKey,
        extensions,
      },
      webcrypto,
    )
    const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
    return {
      cert: Buffer.from(certificate.toString('pem')),
      key: Buffer.from(PemConverter.encode(pkcs8, 'PRIVATE KEY')),
    }
  }

  /** For `localhost` and the loopback addresses. */
  issueForLocalhost(): Promise<Certificate> {
    return this.issue({ name: 'localhost', altNames: ['localhost', '127.0.0.1', '::1'], use: 'server' })
  }
}

type CryptoKeyPair = webcrypto.CryptoKeyPair

function makeKeys(): Promise<CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
}

function generalName(name: string): JsonGeneralName {
  if (isIP(name) !== 0) return { type: 'ip', value: name }
  return { type: name.includes('://') ? 'url' : 'dns', value: name }
}
