import { beforeAll, describe, expect, test } from '@jest/globals'
import { validateTls, type TlsOptions } from '../../src/upstream/index.js'
import { CertificateAuthority, type Certificate } from '../support/certificates.js'

describe('the certificates of an upstream, checked at load', () => {
  let authority: CertificateAuthority
  let one: Certificate
  let other: Certificate
  beforeAll(async () => {
    authority = await CertificateAuthority.create()
    one = await authority.issueForLocalhost()
    other = await authority.issueForLocalhost()
  })

  const rows: readonly { row: string; tls: () => Partial<TlsOptions>; problem: RegExp | undefined }[] = [
    { row: 'nothing: the system’s roots', tls: () => ({}), problem: undefined },
    { row: 'an authority', tls: () => ({ ca: authority.cert }), problem: undefined },
    { row: 'certificate and key', tls: () => ({ cert: one.cert, key: one.key }), problem: undefined },
    { row: 'a certificate without a key', tls: () => ({ cert: one.cert }), problem: /go together/ },
    { row: 'a key without a certificate', tls: () => ({ key: one.key }), problem: /go together/ },
    { row: 'a key of another certificate', tls: () => ({ cert: one.cert, key: other.key }), problem: /key/ },
    { row: 'an authority that is no PEM', tls: () => ({ ca: Buffer.from('x') }), problem: /ca is not PEM/ },
    { row: 'a key that is no PEM', tls: () => ({ cert: one.cert, key: Buffer.from('x') }), problem: /./ },
  ]

  test.each(rows)('$row', ({ tls, problem }) => {
    const found = validateTls({ ca: undefined, cert: undefined, key: undefined, serverName: undefined, ...tls() })
    if (problem === undefined) expect(found).toBeUndefined()
    else expect(found).toMatch(problem)
  })
})
