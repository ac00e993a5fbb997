import { afterAll, describe, expect, test } from '@jest/globals'
import { Folder } from './fixture.js'

const folder = new Folder()
afterAll(() => folder.remove())

const SCHEMA = 'schema: [{ descriptors: image.binpb }]'
const UPSTREAMS = 'upstreams: { library: { target: "dns:///library:50051" } }'

describe('upstreams', () => {
  test.each([
    {
      written: 'upstreams: {}',
      errors: [
        '2:12: must not be empty (upstreams): write NAME: { target: "dns:///HOST:PORT", services: ["*"] } under it',
      ],
    },
    {
      written: 'upstreams: []',
      errors: [
        '2:12: a list is not a mapping (upstreams): write NAME: { target: "dns:///HOST:PORT", services: ["*"] } under it',
      ],
    },
    {
      written: 'upstreams:\n  library:',
      errors: [
        '3:11: there is no value (upstreams.library): write it like { target: "dns:///HOST:PORT", services: ["*"] }',
      ],
    },
    {
      written: 'upstreams: { "a b": { target: x } }',
      errors: [`2:14: "a b" is not an upstream's name (upstreams["a b"]): use letters, digits, "-", "_" and "."`],
    },
    {
      written: 'upstreams: { library: {} }',
      errors: [
        '2:14: "target" is missing (upstreams.library): add it, for example target: "dns:///library.internal:50051"',
      ],
    },
    {
      written: 'upstreams: { library: "dns:///x" }',
      errors: [
        '2:23: "dns:///x" is not a mapping (upstreams.library): write it like { target: "dns:///HOST:PORT", services: ["*"] }',
      ],
    },
  ])('$written', ({ written, errors }) => {
    expect(folder.load(`${SCHEMA}\n${written}\n`).errors).toEqual(errors.map((line) => `gw.yaml:${line}`))
  })
})

describe('keys of an upstream', () => {
  test.each([
    {
      written: 'service: ["*"]',
      errors: ['2:47: unknown key "service" (upstreams.library.service): did you mean "services"?'],
    },
    {
      written: 'services: "*"',
      errors: ['2:57: "*" is not a list (upstreams.library.services): write it as a list: [ … ]'],
    },
    {
      written: 'prefix: library',
      errors: ['2:55: "library" does not begin with "/" (upstreams.library.prefix): write "/library"'],
    },
    {
      written: 'prefix: "/a/../b"',
      errors: [
        '2:55: "/a/../b" has a dot segment, which no path keeps (upstreams.library.prefix): write the path it comes to',
      ],
    },
    {
      written: 'prefix: "/a//b"',
      errors: [
        '2:55: "/a//b" is not a literal path (upstreams.library.prefix): write segments of letters, digits, "-", "_", ".", "~" like /library',
      ],
    },
    {
      written: 'prefix: "/a*"',
      errors: [
        '2:55: "/a*" is not a literal path (upstreams.library.prefix): write segments of letters, digits, "-", "_", ".", "~" like /library',
      ],
    },
    {
      written: 'prefix: "/%41"',
      errors: [
        '2:55: "/%41" is not a literal path (upstreams.library.prefix): write segments of letters, digits, "-", "_", ".", "~" like /library',
      ],
    },
    {
      written: 'hosts: ["https://x"]',
      errors: [
        '2:55: "https://x" is not a host name (upstreams.library.hosts[0]): write a name like api.example.com, without scheme, path or wildcard',
      ],
    },
    {
      written: 'hosts: ["x:80"]',
      errors: ['2:55: "x:80" is not a host name (upstreams.library.hosts[0]): leave the port out: any port is meant'],
    },
    {
      written: 'tls: { cert: cert.pem }',
      errors: ['2:54: "cert" without "key" (upstreams.library.tls.cert): add "key", or take "cert" out'],
    },
    {
      written: 'tls: { key: key.pem }',
      errors: ['2:54: "key" without "cert" (upstreams.library.tls.key): add "cert", or take "key" out'],
    },
    {
      written: 'tls: true',
      errors: [`2:52: true is not a mapping (upstreams.library.tls): write tls: {} for TLS with the system's roots`],
    },
    {
      written: 'tls: { ca: nope.pem }',
      errors: [
        '2:58: "nope.pem" cannot be read: it does not exist (upstreams.library.tls.ca): give a path that is there and readable, absolute or relative to the configuration file',
      ],
    },
    {
      written: 'tls: { ca: image.binpb }',
      errors: ['2:58: the file holds no certificate (upstreams.library.tls.ca): give a PEM file (BEGIN CERTIFICATE)'],
    },
    {
      written: 'authority: "a b"',
      errors: ['2:58: "a b" is not an authority (upstreams.library.authority): write HOST or HOST:PORT'],
    },
    {
      written: 'transport: http3',
      errors: ['2:58: "http3" is not one of http2, grpc-js (upstreams.library.transport): did you mean "http2"?'],
    },
    {
      written: 'health: true',
      errors: ['2:55: true is not a mapping (upstreams.library.health): write it as a mapping: { … }'],
    },
    {
      written: 'health: { interval: 0s }',
      errors: ['2:67: 0s is too short (upstreams.library.health.interval): give more than 0'],
    },
    {
      written: 'health: { service: 5 }',
      errors: ['2:66: 5 is not a text (upstreams.library.health.service): quote it: "5"'],
    },
    {
      written: 'outlier: { consecutiveErrors: 0 }',
      errors: ['2:77: 0 is too small (upstreams.library.outlier.consecutiveErrors): the smallest is 1'],
    },
    {
      written: 'outlier: { consecutiveErrors: 1.5 }',
      errors: ['2:77: 1.5 is not a whole number (upstreams.library.outlier.consecutiveErrors)'],
    },
    {
      written: 'outlier: { maxEjectedPercent: 101 }',
      errors: ['2:77: 101 is too large (upstreams.library.outlier.maxEjectedPercent): the largest is 100'],
    },
    {
      written: 'outlier: { maxEjectedPercent: -1 }',
      errors: ['2:77: -1 is too small (upstreams.library.outlier.maxEjectedPercent): the smallest is 0'],
    },
    {
      written: 'outlier: { baseEjection: 5 }',
      errors: ['2:72: 5 is not a duration (upstreams.library.outlier.baseEjection): give its unit: 5ms, 5s, 5m or 5h'],
    },
    {
      written: 'outlier: { maxEjectionTime: 5m }',
      errors: [
        '2:58: unknown key "maxEjectionTime" (upstreams.library.outlier.maxEjectionTime): did you mean "maxEjection"?',
      ],
    },
    {
      written: 'connections: { keepalive: {} }',
      errors: ['2:62: "time" is missing (upstreams.library.connections.keepalive): add it'],
    },
    {
      written: 'connections: { keepalive: { time: 0s } }',
      errors: ['2:81: 0s is too short (upstreams.library.connections.keepalive.time): give more than 0'],
    },
    {
      written: 'connections: { connectTimeout: 99999h, idle: 1s }',
      errors: [
        '2:78: 99999h is too long (upstreams.library.connections.connectTimeout): the longest duration is 596h',
        '2:86: unknown key "idle" (upstreams.library.connections.idle): the nearest known key is "eager"',
      ],
    },
    {
      written: 'maxResponseBytes: big',
      errors: [
        '2:65: "big" is not a size (upstreams.library.maxResponseBytes): write it like 16KiB, 4MiB, 1GiB or a number of bytes',
      ],
    },
    {
      written: 'target2: x',
      errors: ['2:47: unknown key "target2" (upstreams.library.target2): did you mean "target"?'],
    },
  ])('$written', ({ written, errors }) => {
    expect(folder.load(`${SCHEMA}\nupstreams: { library: { target: "dns:///l:1", ${written} } }\n`).errors).toEqual(
      errors.map((line) => `gw.yaml:${line}`),
    )
  })
})

describe('schema entries', () => {
  test.each([
    {
      written: 'schema: []',
      errors: [
        '1:9: must not be empty (schema): write a list of { protos: [...] }, { descriptors: FILE } or { reflection: UPSTREAM }',
      ],
    },
    {
      written: 'schema: [{}]',
      errors: [
        '1:10: none of protos, descriptors and reflection (schema[0]): give exactly one of them; further ones are further entries of the list',
      ],
    },
    {
      written: 'schema: [{ autoMap: true }]',
      errors: [
        '1:10: none of protos, descriptors and reflection (schema[0]): give exactly one of them; further ones are further entries of the list',
      ],
    },
    {
      written: 'schema: [{ protos: [a.proto], descriptors: image.binpb }]',
      errors: [
        '1:10: more than one of protos, descriptors and reflection (schema[0]): give exactly one of them; further ones are further entries of the list',
      ],
    },
    {
      written: 'schema: [{ protos: a.proto }]',
      errors: ['1:20: "a.proto" is not a list (schema[0].protos): write it as a list: [ … ]'],
    },
    {
      written: 'schema: [{ protos: [] }]',
      errors: ['1:20: must not be empty (schema[0].protos): give a value, or take the key out'],
    },
    {
      written: 'schema: [{ protos: [a.proto], roots: [nope] }]',
      errors: [
        '1:39: "nope" cannot be read: it does not exist (schema[0].roots[0]): give a path that is there and readable, absolute or relative to the configuration file',
      ],
    },
    {
      written: 'schema: [{ protos: [a.proto], roots: [cert.pem] }]',
      errors: [
        '1:39: "cert.pem" cannot be read: it is not a folder (schema[0].roots[0]): give a path that is there and readable, absolute or relative to the configuration file',
      ],
    },
    {
      written: 'schema: [{ descriptors: image.binpb, roots: [protos] }]',
      errors: ['1:38: "roots" without "protos" (schema[0].roots): add "protos", or take "roots" out'],
    },
    {
      written: 'schema: [{ descriptors: nope.binpb }]',
      errors: [
        '1:25: "nope.binpb" cannot be read: it does not exist (schema[0].descriptors): give a path that is there and readable, absolute or relative to the configuration file',
      ],
    },
    {
      written: 'schema: [{ reflection: libary }]',
      errors: ['1:24: no upstream is named "libary" (schema[0].reflection): did you mean "library"?'],
    },
    {
      written: 'schema: [{ reflection: x }]',
      errors: ['1:24: no upstream is named "x" (schema[0].reflection): the nearest known upstream is "library"'],
    },
    {
      written: 'schema: ["a.proto"]',
      errors: ['1:10: "a.proto" is not a mapping (schema[0]): write it as a mapping: { … }'],
    },
    {
      written: 'schema: { protos: [a.proto] }',
      errors: [
        '1:9: a mapping is not a list (schema): write a list of { protos: [...] }, { descriptors: FILE } or { reflection: UPSTREAM }',
      ],
    },
  ])('$written', ({ written, errors }) => {
    expect(folder.load(`${written}\n${UPSTREAMS}\n`).errors).toEqual(errors.map((line) => `gw.yaml:${line}`))
  })
})
