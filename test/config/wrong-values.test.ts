import { afterAll, describe, expect, test } from '@jest/globals'
import { Folder, MINIMAL } from './fixture.js'

const folder = new Folder()
afterAll(() => folder.remove())

describe('a key or value that is wrong', () => {
  test.each([
    { written: 'schemas: []', errors: ['1:1: unknown key "schemas" (schemas): did you mean "schema"?'] },
    { written: 'watch: 1', errors: ['1:8: 1 is not true or false (watch): write true or false, without quotes'] },
    {
      written: 'watch: "true"',
      errors: ['1:8: "true" is not true or false (watch): write true or false, without quotes'],
    },
    {
      written: 'policies: [{ select: "*", auth: off }]',
      errors: [
        '1:33: "off" is not none or a mapping (policies[0].auth): write none, or a mapping like { any: [PROVIDER] }',
      ],
    },
    {
      written: 'auth: { providers: { a: { mtls: {}, jwt: { issuer: https://a } } } }',
      errors: ['1:25: more than one key (auth.providers.a): write one of jwt, apiKey, mtls, introspection and basic'],
    },
    {
      written: 'auth: { providers: { a: { apiKey: { header: "x key", file: gw.yaml } } } }',
      errors: ['1:45: "x key" is not a header\'s name (auth.providers.a.apiKey.header): write header: x-api-key'],
    },
    { written: 'watch:', errors: ['1:7: there is no value (watch): give true or false, or take the key out'] },
    { written: 'queyr: {}', errors: ['1:1: unknown key "queyr" (queyr): did you mean "query"?'] },
    {
      written: 'query: { unknown: rejct }',
      errors: ['1:19: "rejct" is not one of reject, ignore (query.unknown): did you mean "reject"?'],
    },
    { written: 'query: { ignore: a }', errors: ['1:18: "a" is not a list (query.ignore): write it as a list: [ … ]'] },
    { written: 'query: { ignore: [1] }', errors: ['1:19: 1 is not a text (query.ignore[0]): quote it: "1"'] },
    {
      written: 'json: { unknownFields: drop }',
      errors: ['1:24: "drop" is not one of reject, ignore (json.unknownFields): write one of them'],
    },
    {
      written: 'json: { emit_defaults: true }',
      errors: ['1:9: unknown key "emit_defaults" (json.emit_defaults): did you mean "emitDefaults"?'],
    },
    {
      written: 'json: { emitDefaults: yes }',
      errors: ['1:23: "yes" is not true or false (json.emitDefaults): write true or false, without quotes'],
    },
    { written: 'patch: []', errors: ['1:8: a list is not a mapping (patch): write it as a mapping: { … }'] },
    {
      written: 'mappings: a.yaml',
      errors: ['1:11: "a.yaml" is not a list (mappings): write it like ["mappings/*.yaml"]'],
    },
    { written: 'mappings: [""]', errors: ['1:12: must not be empty (mappings[0]): give a value, or take the key out'] },
    {
      written: 'mappings: ["https://127.0.0.1:8500/x/"]',
      errors: [
        '1:12: mappings: not available in this version (mappings[0]): only files, globs and consul-kv:// are, for now',
      ],
    },
    {
      written: 'policies: {}',
      errors: ['1:11: a mapping is not a list (policies): write a list of { select: SELECTOR, timeout: 5s }'],
    },
    {
      written: 'policies: [{ timeout: 5s }]',
      errors: ['1:12: "select" is missing (policies[0]): add it, for example select: "*"'],
    },
    {
      written: 'policies: [{ select: "*", timeout: 5 }]',
      errors: ['1:36: 5 is not a duration (policies[0].timeout): give its unit: 5ms, 5s, 5m or 5h'],
    },
    {
      written: 'policies: [{ select: "*", timeout: 0s }]',
      errors: ['1:36: 0s is too short (policies[0].timeout): give more than 0'],
    },
    {
      written: 'policies: [{ select: "*", timeout: 9999h }]',
      errors: ['1:36: 9999h is too long (policies[0].timeout): the longest duration is 596h'],
    },
    {
      written: 'policies: [{ select: "*", timeout: 5 sec }]',
      errors: ['1:36: "5 sec" is not a duration (policies[0].timeout): write it like 250ms, 15s, 5m or 1h'],
    },
    {
      written: 'policies: [{ select: "*", maxRequestBytes: 4MB }]',
      errors: [
        '1:44: "4MB" is not a size (policies[0].maxRequestBytes): write it like 16KiB, 4MiB, 1GiB or a number of bytes',
      ],
    },
    {
      written: 'policies: [{ select: "*", maxRequestBytes: 0 }]',
      errors: ['1:44: 0 is too small (policies[0].maxRequestBytes): the smallest is 1'],
    },
    {
      written: 'policies: [{ select: "*", maxRequestBytes: 0KiB }]',
      errors: ['1:44: 0KiB is too small (policies[0].maxRequestBytes): give more than 0'],
    },
    {
      written: 'policies: [{ select: "*", maxRequestBytes: 8GiB }]',
      errors: ['1:44: 8GiB is too large (policies[0].maxRequestBytes): the largest size is 4294967295 bytes'],
    },
    {
      written: 'policies: [{ select: "*", maxRequestBytes: 1.5 }]',
      errors: [
        '1:44: 1.5 is not a size (policies[0].maxRequestBytes): write it like 16KiB, 4MiB, 1GiB or a number of bytes',
      ],
    },
    {
      written: 'policies: [{ selector: "*" }]',
      errors: [
        '1:12: "select" is missing (policies[0]): add it, for example select: "*"',
        '1:14: unknown key "selector" (policies[0].selector): did you mean "select"?',
      ],
    },
    {
      written: 'compression: on',
      errors: ['1:14: "on" is not a mapping or off (compression): write off, or a mapping like { minBytes: 1KiB }'],
    },
    {
      written: 'compression: false',
      errors: ['1:14: false is not a mapping or off (compression): write off, or a mapping like { minBytes: 1KiB }'],
    },
    {
      written: 'compression: { minBytes: -1 }',
      errors: ['1:26: -1 is too small (compression.minBytes): the smallest is 0'],
    },
    {
      written: 'compression: { minBytes: 1KB }',
      errors: [
        '1:26: "1KB" is not a size (compression.minBytes): write it like 16KiB, 4MiB, 1GiB or a number of bytes',
      ],
    },
    {
      written: 'compression: { minByte: 1KiB }',
      errors: ['1:16: unknown key "minByte" (compression.minByte): did you mean "minBytes"?'],
    },
    {
      written: 'client: { maxConnections: 0 }',
      errors: ['1:27: 0 is too small (client.maxConnections): the smallest is 1'],
    },
    {
      written: 'client: { headerTimeout: 0s }',
      errors: ['1:26: 0s is too short (client.headerTimeout): give more than 0'],
    },
    {
      written: 'client: { header_timeout: 1s }',
      errors: ['1:11: unknown key "header_timeout" (client.header_timeout): did you mean "headerTimeout"?'],
    },
    {
      written: 'drain: 60',
      errors: ['1:8: 60 is not a duration or a mapping (drain): write it like 60s or { delay: 0s, timeout: 60s }'],
    },
    {
      written: 'drain: soon',
      errors: ['1:8: "soon" is not a duration or a mapping (drain): write it like 60s or { delay: 0s, timeout: 60s }'],
    },
    {
      written: 'drain: { delay: -1s }',
      errors: ['1:17: "-1s" is not a duration (drain.delay): write it like 250ms, 15s, 5m or 1h'],
    },
    { written: 'drain: 9999h', errors: ['1:8: 9999h is too long (drain): the longest duration is 596h'] },
    {
      written: 'balancer: round_robin',
      errors: ['1:1: unknown key "balancer" (balancer): it is a key of upstreams.NAME'],
    },
    {
      written: 'timeout: 5s',
      errors: [
        '1:1: unknown key "timeout" (timeout): it is a key of upstreams.NAME.connections.keepalive and upstreams.NAME.health and policies[] and drain and limits',
      ],
    },
  ])('$written', ({ written, errors }) => {
    expect(folder.load(`${written}\n${MINIMAL}`).errors).toEqual(errors.map((line) => `gw.yaml:${line}`))
  })
})
