import { beforeEach, describe, expect, test } from '@jest/globals'
import type { ExportResult } from '@opentelemetry/core'
import { pino } from 'pino'
import {
  BackendWatch,
  checkOtlp,
  hasOtlpVariable,
  inEnvironment,
  isSdkDisabled,
  listOf,
  numberOf,
  otlpEndpointOf,
  otlpProtocolOf,
  resourceAttributes,
  TimedExports,
} from '../../src/telemetry/otlp/index.js'
import { until } from '../support/calls.js'

const warnings: string[] = []
const warn = (message: string): void => void warnings.push(message)
const warned = (): readonly string[] => warnings.splice(0)

describe('OTEL_* variables', () => {
  test.each([
    { env: {}, traces: false, metrics: false },
    { env: { OTEL_SERVICE_NAME: 'x' }, traces: false, metrics: false },
    { env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' }, traces: true, metrics: true },
    { env: { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }, traces: false, metrics: false },
    { env: { OTEL_EXPORTER_OTLP_HEADERS: 'a=b' }, traces: true, metrics: true },
    { env: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c' }, traces: true, metrics: false },
    { env: { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://c' }, traces: false, metrics: true },
    { env: { OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://c' }, traces: false, metrics: false },
  ])('$env speak of traces: $traces, of metrics: $metrics', ({ env, traces, metrics }) => {
    expect([hasOtlpVariable(env, 'TRACES'), hasOtlpVariable(env, 'METRICS')]).toEqual([traces, metrics])
  })

  test.each([
    { env: {}, protocol: 'http/protobuf', endpoint: 'http://localhost:4318' },
    { env: { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, protocol: 'grpc', endpoint: 'http://localhost:4317' },
    {
      env: { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: ' http/json ' },
      protocol: 'http/json',
      endpoint: 'http://localhost:4318',
    },
    {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://user:secret@c:1/x' },
      protocol: 'http/protobuf',
      endpoint: 'https://c:1/x',
    },
    {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      protocol: 'grpc',
      endpoint: 'collector:4318',
    },
    {
      env: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'the collector' },
      protocol: 'http/protobuf',
      endpoint: 'http://localhost:4318',
      warning: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "the collector" is not a URL; taken is http://localhost:4318',
    },
    {
      env: { OTEL_EXPORTER_OTLP_PROTOCOL: 'soap' },
      protocol: 'http/protobuf',
      endpoint: 'http://localhost:4318',
      warning: 'OTEL_EXPORTER_OTLP_PROTOCOL: "soap" is none of grpc, http/protobuf, http/json; taken is http/protobuf',
    },
  ] as const)('$env are $protocol to $endpoint', ({ env, protocol, endpoint, ...row }) => {
    expect(otlpProtocolOf(env, 'TRACES', warn)).toBe(protocol)
    expect(otlpEndpointOf(env, 'TRACES', protocol, warn)).toBe(endpoint)
    expect(warned()).toEqual('warning' in row ? [row.warning] : [])
  })

  test.each([
    { text: undefined, value: 512, warning: undefined },
    { text: '', value: 512, warning: undefined },
    { text: ' 7 ', value: 7, warning: undefined },
    { text: '0', value: 512, warning: 'N: "0" is not a number of at least 1; taken is 512' },
    { text: 'many', value: 512, warning: 'N: "many" is not a number of at least 1; taken is 512' },
    // A timer of node's waits 1 ms instead of more than 2^31 - 1.
    { text: '99999999999', value: 2_000_000_000, warning: undefined },
    { text: 'Infinity', value: 512, warning: 'N: "Infinity" is not a number of at least 1; taken is 512' },
  ])('the number $text is $value', ({ text, value, warning }) => {
    expect(numberOf({ N: text }, 'N', 512, 1, warn)).toBe(value)
    expect(warned()).toEqual(warning === undefined ? [] : [warning])
  })

  test.each([
    { name: 'TIMEOUT', value: 'soon', warning: '"soon" is not a number of at least 1; taken is 10000' },
    { name: 'TIMEOUT', value: '500', warning: undefined },
    { name: 'COMPRESSION', value: 'zstd', warning: '"zstd" is none of none, gzip; left out' },
    { name: 'COMPRESSION', value: 'gzip', warning: undefined },
    { name: 'HEADERS', value: 'a=b, c=d%20e', warning: undefined },
    { name: 'HEADERS', value: 'secret', warning: 'not key=value,key=value, percent-encoded; what is not is left out' },
    { name: 'HEADERS', value: 'a=%zz', warning: 'not key=value,key=value, percent-encoded; what is not is left out' },
    { name: 'CERTIFICATE', value: 'no/ca.pem', warning: '"no/ca.pem" cannot be read (ENOENT); left out' },
    { name: 'CLIENT_KEY', value: 'package.json', warning: undefined },
  ])('$name=$value, of the exporters: $warning', ({ name, value, warning }) => {
    for (const variable of [`OTEL_EXPORTER_OTLP_${name}`, `OTEL_EXPORTER_OTLP_TRACES_${name}`]) {
      checkOtlp({ [variable]: value }, 'TRACES', warn)
      expect(warned()).toEqual(warning === undefined ? [] : [`${variable}: ${warning}`])
    }
    checkOtlp({ [`OTEL_EXPORTER_OTLP_METRICS_${name}`]: value }, 'TRACES', warn)
    expect(warned()).toEqual([])
  })

  test('lists have each item once', () => {
    expect(listOf({ L: 'a, b,,a ' }, 'L')).toEqual(['a', 'b'])
  })

  test.each([
    { text: undefined, isDisabled: false, warning: undefined },
    { text: '', isDisabled: false, warning: undefined },
    { text: 'True', isDisabled: true, warning: undefined },
    { text: 'FALSE', isDisabled: false, warning: undefined },
    { text: '1', isDisabled: false, warning: 'OTEL_SDK_DISABLED: "1" is neither true nor false; taken is false' },
  ])('OTEL_SDK_DISABLED=$text: $isDisabled', ({ text, isDisabled, warning }) => {
    expect(isSdkDisabled({ OTEL_SDK_DISABLED: text }, warn)).toBe(isDisabled)
    expect(warned()).toEqual(warning === undefined ? [] : [warning])
  })

  test('what is made in an environment sees its variables and no others, and nothing of it stays', () => {
    process.env['OTEL_OF_THE_PROCESS'] = 'old'
    try {
      const seen = inEnvironment({ OTEL_OF_THE_GATEWAY: 'new', HOME: '/nowhere' }, () => ({ ...process.env }))
      expect([seen['OTEL_OF_THE_GATEWAY'], seen['OTEL_OF_THE_PROCESS']]).toEqual(['new', undefined])
      expect(seen['HOME']).toBe(process.env['HOME'])
      expect([process.env['OTEL_OF_THE_GATEWAY'], process.env['OTEL_OF_THE_PROCESS']]).toEqual([undefined, 'old'])
    } finally {
      delete process.env['OTEL_OF_THE_PROCESS']
    }
  })
})

describe('the resource', () => {
  test.each([
    { env: {}, expected: { 'service.name': 'protobridge', 'service.version': '1.2.3', 'process.pid': process.pid } },
    {
      env: {
        OTEL_RESOURCE_ATTRIBUTES: 'service.name=edge,deployment.environment.name = a%2Cb ,service.instance.id=gw-1',
      },
      expected: { 'service.name': 'edge', 'deployment.environment.name': 'a,b', 'service.instance.id': 'gw-1' },
    },
    {
      env: { OTEL_RESOURCE_ATTRIBUTES: 'service.name=edge', OTEL_SERVICE_NAME: 'gateway' },
      expected: { 'service.name': 'gateway' },
    },
    {
      env: { OTEL_RESOURCE_ATTRIBUTES: 'a=1,b' },
      expected: { 'service.name': 'protobridge' },
      warning: 'OTEL_RESOURCE_ATTRIBUTES: not key=value,key=value (a part without =); left out',
    },
    {
      env: { OTEL_RESOURCE_ATTRIBUTES: 'a=%' },
      expected: { 'service.name': 'protobridge' },
      warning: 'OTEL_RESOURCE_ATTRIBUTES: not key=value,key=value (URI malformed); left out',
    },
  ])('$env', ({ env, expected, ...row }) => {
    const attributes = resourceAttributes(env, '1.2.3', warn)
    expect(attributes).toMatchObject(expected)
    expect(attributes['a']).toBeUndefined()
    expect(warned()).toEqual('warning' in row ? [row.warning] : [])
  })
})

describe('a backend', () => {
  let lines: string[]
  let watch: BackendWatch
  beforeEach(() => {
    lines = []
    const write = (line: string): void => {
      const { msg, lost } = JSON.parse(line) as { msg: string; lost?: number }
      lines.push(lost === undefined ? msg : `${msg} (${lost} lost)`)
    }
    watch = new BackendWatch(pino({}, { write }), 'traces', 'http://c:4318')
  })

  test('that goes and comes is told of once each time', () => {
    watch.succeeded()
    watch.failed('refused', 5)
    watch.failed('refused', 7)
    watch.succeeded()
    watch.succeeded()
    watch.failed('timed out')
    expect(lines).toEqual([
      'traces cannot be sent, and are lost until they can be: refused',
      'traces are taken again (12 lost)',
      'traces cannot be sent, and are lost until they can be: timed out',
    ])
  })

  test('that refuses some of what it takes is told of once, and once when it takes all', () => {
    watch.refused('too old', 3)
    watch.succeeded()
    watch.refused('too long', 4)
    watch.succeeded()
    watch.succeeded()
    watch.succeeded()
    expect(lines).toEqual(['some traces are refused, and lost: too old', 'all traces are taken again (7 lost)'])
  })

  test('that has something to say is told of once while it says it', () => {
    for (let batch = 0; batch < 3; batch++) {
      watch.refused('slow down', 0)
      watch.succeeded()
    }
    watch.succeeded()
    expect(lines).toEqual(['of traces the backend says: slow down'])
  })

  test('that takes some but not all is back when nothing has been dropped between two that it took', () => {
    watch.overflowed(1)
    watch.succeeded()
    watch.overflowed(2)
    watch.succeeded()
    expect(lines).toEqual(['traces cannot be sent, and are lost until they can be: more come than are taken'])
    watch.succeeded()
    expect(lines.slice(1)).toEqual(['traces are taken again (3 lost)'])
  })
})

test('exports that are under way fail with the one that is late, whatever becomes of them then', async () => {
  const results: string[] = []
  const exports = new TimedExports(50, () => void results.push('ended'))
  const begin = (name: string): ((result: ExportResult) => void) =>
    exports.begin(({ code, error }) => void results.push(`${name} ${code} ${error?.message ?? ''}`))
  begin('quick')({ code: 0 })
  const late = begin('late')
  const other = begin('other')
  await until(() => results.includes('ended'), 'the end')
  late({ code: 0 })
  other({ code: 0 })
  begin('next')({ code: 0 })
  expect(results).toEqual([
    'quick 0 ',
    'late 1 no answer within 50 ms',
    'other 1 no answer within 50 ms',
    'ended',
    'next 0 ',
  ])
})
