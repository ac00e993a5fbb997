import { describe, expect, test } from '@jest/globals'
import { appendResponseHeaders, requestMetadata } from '../../src/exchange/metadata.js'

const FORWARDED = {
  clientAddress: '192.0.2.1',
  protocol: 'http',
  host: 'api.example',
  requestId: 'r1',
  trace: undefined,
} as const

/** Metadata without what the gateway adds itself. */
function forwardedOf(...headers: string[]): readonly string[] {
  const added = ['x-request-id', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host']
  const metadata = requestMetadata(headers, FORWARDED)
  return metadata.filter((_, i) => !added.includes(metadata[i - (i % 2)]!))
}

describe('request headers → metadata', () => {
  test.each([
    {
      name: 'other headers go in lower case, in order',
      headers: ['X-B', '1', 'X-A', '2', 'x-b', '3'],
      want: ['x-b', '1', 'x-a', '2', 'x-b', '3'],
    },
    {
      name: 'authorization and cookie go where no provider reads them',
      headers: ['Authorization', 'Bearer t', 'Cookie', 'a=b'],
      want: ['authorization', 'Bearer t', 'cookie', 'a=b'],
    },
    {
      name: 'hop-by-hop headers stay',
      headers: ['Keep-Alive', '5', 'TE', 'trailers', 'Upgrade', 'x', 'Trailer', 'y', 'Proxy-Authorization', 'z'],
      want: [],
    },
    {
      name: 'what Connection names stays',
      headers: ['Connection', 'close, X-Secret', 'X-Secret', '1', 'X-Open', '2'],
      want: ['x-open', '2'],
    },
    {
      name: 'what Connection names stays, wherever it stands',
      headers: ['X-Secret', '1', 'connection', 'x-secret'],
      want: [],
    },
    {
      name: 'framing and content headers stay',
      headers: [
        'Host',
        'h',
        'Content-Type',
        'a/b',
        'Content-Length',
        '1',
        'Content-Encoding',
        'gzip',
        'Content-Range',
        'x',
        'Transfer-Encoding',
        'chunked',
      ],
      want: [],
    },
    {
      name: 'content-language and content-disposition go',
      headers: ['Content-Language', 'en', 'Content-Disposition', 'inline'],
      want: ['content-language', 'en', 'content-disposition', 'inline'],
    },
    { name: 'grpc-* stays', headers: ['grpc-timeout', '1S', 'Grpc-Encoding', 'gzip', 'grpc-status', '0'], want: [] },
    {
      name: 'Grpc-Metadata-X becomes x',
      headers: ['Grpc-Metadata-X', 'v', 'grpc-metadata-Y-Bin', 'AQI='],
      want: ['x', 'v', 'y-bin', 'AQI='],
    },
    {
      name: 'Grpc-Metadata- never makes a reserved or identity name',
      headers: [
        'Grpc-Metadata-Grpc-Status',
        '0',
        'Grpc-Metadata-Host',
        'h',
        'Grpc-Metadata-X-Protobridge-Identity',
        'root',
        'Grpc-Metadata-Content-Type',
        'x',
        'Grpc-Metadata-',
        'x',
      ],
      want: [],
    },
    {
      name: 'identity headers are stripped',
      headers: [
        'X-Forwarded-For',
        '1.2.3.4',
        'X-Forwarded-Prefix',
        '/',
        'X-Protobridge-Claim-Tenant',
        't',
        'Forwarded',
        'for=1',
      ],
      want: [],
    },
    { name: 'names with _ are dropped', headers: ['x_forwarded_for', '1', 'X_A', '2'], want: [] },
    {
      name: 'values that are not printable ASCII are dropped',
      headers: ['x-a', 'caf\u00e9', 'x-b', 'a\tb', 'x-c', 'ok'],
      want: ['x-c', 'ok'],
    },
  ])('$name', ({ headers, want }) => {
    expect(forwardedOf(...headers)).toEqual(want)
  })

  test('the gateway adds where the call came from, and its id', () => {
    expect(requestMetadata(['x-request-id', 'from client'], FORWARDED)).toEqual([
      ...['x-request-id', 'r1', 'x-forwarded-for', '192.0.2.1'],
      ...['x-forwarded-proto', 'http', 'x-forwarded-host', 'api.example'],
    ])
  })

  test.each(['AQI=', 'AQI', 'AQID', '', 'AQ==,AQI', 'a+/b'])('-bin value %j is base64', (value) => {
    expect(forwardedOf('x-bin', value)).toEqual(['x-bin', value])
  })

  test.each(['A', 'AQI==', '*', 'AQ=I', 'A Q', 'a-_b'])('-bin value %j is refused: 400', (value) => {
    expect(() => forwardedOf('X-Bin', value)).toThrow('header x-bin: not base64')
  })
})

describe('response metadata → headers', () => {
  function headersOf(...metadata: string[]): string[] {
    const headers: string[] = []
    appendResponseHeaders(metadata, headers)
    return headers
  }

  test.each([
    {
      name: 'under its own name',
      metadata: ['x-served-by', 'a', 'etag', '"1"', 'set-cookie', 'a=b', 'set-cookie', 'c=d'],
      want: ['x-served-by', 'a', 'etag', '"1"', 'set-cookie', 'a=b', 'set-cookie', 'c=d'],
    },
    {
      name: 'not what speaks in the gateway’s name',
      metadata: [
        'access-control-allow-origin',
        '*',
        'ratelimit',
        'x',
        'ratelimit-policy',
        'x',
        'retry-after',
        '1',
        'www-authenticate',
        'x',
        'x-request-id',
        'x',
        'traceresponse',
        'x',
        'vary',
        'x',
        'date',
        'x',
        'connection',
        'close',
      ],
      want: [],
    },
    {
      name: 'not framing, content or grpc-*',
      metadata: [
        'content-type',
        'application/grpc',
        'content-length',
        '5',
        'grpc-status',
        '0',
        'grpc-accept-encoding',
        'gzip',
        'transfer-encoding',
        'chunked',
      ],
      want: [],
    },
    {
      name: 'CR, LF and NUL drop the value',
      metadata: ['x-a', 'a\r\nb', 'x-b', 'a\nb', 'x-c', 'a\0b', 'x-d', 'ok'],
      want: ['x-d', 'ok'],
    },
  ])('$name', ({ metadata, want }) => {
    expect(headersOf(...metadata)).toEqual(want)
  })
})
