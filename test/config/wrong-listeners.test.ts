import { afterAll, describe, expect, test } from '@jest/globals'
import { Folder, MINIMAL } from './fixture.js'

const folder = new Folder()
afterAll(() => folder.remove())

describe('listeners', () => {
  test.each([
    {
      written: 'listen: 8080',
      errors: [
        '1:9: 8080 is not a listener or a list of listeners (listen): write it like { host: 0.0.0.0, port: 8080 }',
      ],
    },
    { written: 'listen: []', errors: ['1:9: must not be empty (listen): give a value, or take the key out'] },
    {
      written: 'listen: [{ port: 70000 }]',
      errors: ['1:18: 70000 is too large (listen[0].port): the largest is 65535'],
    },
    { written: 'listen: { port: -1 }', errors: ['1:17: -1 is too small (listen.port): the smallest is 0'] },
    {
      written: 'listen: { port: 80.5 }',
      errors: ['1:17: 80.5 is not a port (listen.port): write a whole number from 0 to 65535'],
    },
    {
      written: 'listen: { port: "80" }',
      errors: ['1:17: "80" is not a port (listen.port): write a whole number from 0 to 65535'],
    },
    {
      written: 'listen: { host: "127.0.0.1:80" }',
      errors: [
        '1:17: "127.0.0.1:80" is not an address or host name (listen.host): the port has a key of its own, port',
      ],
    },
    {
      written: 'listen: { host: "" }',
      errors: ['1:17: must not be empty (listen.host): give a value, or take the key out'],
    },
    {
      written: 'listen: [{ port: 1 }, { port: 2 }, { host: 127.0.0.1, port: 1 }]',
      errors: ['1:36: listens where listen[0] does (0.0.0.0 1) (listen[2]): give another port or host'],
    },
    {
      written: 'listen: { port: 9901 }',
      errors: ['1:9: listens where the admin port does (127.0.0.1 9901) (listen): give it, or admin, another port'],
    },
    {
      written: 'listen: { tls: {} }',
      errors: ['1:11: "cert" is missing (listen.tls): add it', '1:11: "key" is missing (listen.tls): add it'],
    },
    { written: 'listen: { tls: { cert: cert.pem } }', errors: ['1:11: "key" is missing (listen.tls): add it'] },
    {
      written: 'listen: { tls: { cert: cert.pem, key: nope.pem } }',
      errors: [
        '1:39: "nope.pem" cannot be read: it does not exist (listen.tls.key): give a path that is there and readable, absolute or relative to the configuration file',
      ],
    },
    {
      written: 'listen: { tls: { cert: protos, key: key.pem } }',
      errors: [
        '1:24: "protos" cannot be read: it is a folder (listen.tls.cert): give a path that is there and readable, absolute or relative to the configuration file',
      ],
    },
    {
      written: 'listen: { tls: { cert: cert.pem, key: other-key.pem } }',
      errors: [
        '1:39: the key is not that of the certificate (listen.tls.key): give the key the certificate was made with',
      ],
    },
    {
      written: 'listen: { tls: { cert: key.pem, key: key.pem } }',
      errors: ['1:24: the file holds no certificate (listen.tls.cert): give a PEM file (BEGIN CERTIFICATE)'],
    },
    {
      written: 'listen: { tls: { cert: cert.pem, key: image.binpb } }',
      errors: [
        '1:39: the file holds no private key that can be read (listen.tls.key): give a PEM file (BEGIN PRIVATE KEY) without a passphrase',
      ],
    },
    {
      written: 'listen: { tls: { cert: cert.pem, key: key.pem, clientCert: require } }',
      errors: ['1:60: require without clientCa (listen.tls.clientCert): name the authorities in clientCa'],
    },
    {
      written: 'listen: { tls: { cert: cert.pem, key: key.pem, clientCert: maybe } }',
      errors: ['1:60: "maybe" is not one of none, request, require (listen.tls.clientCert): write one of them'],
    },
    {
      written: 'listen: { tls: { cert: cert.pem, key: key.pem, clientCa: image.binpb } }',
      errors: ['1:58: the file holds no certificate (listen.tls.clientCa): give a PEM file (BEGIN CERTIFICATE)'],
    },
  ])('$written', ({ written, errors }) => {
    expect(folder.load(`${written}\n${MINIMAL}`).errors).toEqual(errors.map((line) => `gw.yaml:${line}`))
  })
})

describe('the admin port', () => {
  test.each([
    {
      written: 'admin: { host: 0.0.0.0 }',
      errors: [
        '1:16: the admin port on 0.0.0.0, which is not loopback, needs a token (admin.host): set admin.token, or bind to 127.0.0.1',
      ],
    },
    {
      written: 'admin: { host: 10.0.0.1, token: "" }',
      errors: [
        '1:16: the admin port on 10.0.0.1, which is not loopback, needs a token (admin.host): set admin.token, or bind to 127.0.0.1',
      ],
    },
    { written: 'admin: off', errors: ['1:8: "off" is not a mapping (admin): write it as a mapping: { … }'] },
    { written: 'admin: { token: 12345 }', errors: ['1:17: the value is not a text (admin.token): quote it'] },
    {
      written: 'admin: { token: "two words" }',
      errors: ['1:17: the token cannot be sent in a header (admin.token): use printable ASCII without blanks'],
    },
    {
      written: 'admin: { hosts: ["a:1", "*.b"] }',
      errors: [
        '1:18: "a:1" is not a host name (admin.hosts[0]): leave the port out: any port is meant',
        '1:25: "*.b" is not a host name (admin.hosts[1]): write a name like api.example.com, without scheme, path or wildcard',
      ],
    },
  ])('$written', ({ written, errors }) => {
    expect(folder.load(`${written}\n${MINIMAL}`).errors).toEqual(errors.map((line) => `gw.yaml:${line}`))
  })
})
