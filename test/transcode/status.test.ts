import { describe, expect, test } from '@jest/globals'
import { create, createFileRegistry } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { Code, StatusError } from '../../src/status/index.js'
import {
  decodeStatus,
  formatForContentType,
  FORMAT_NAMES,
  mediaTypesOf,
  statusBodyOf,
  TRANSCODE_REASONS,
  type StatusBody,
} from '../../src/transcode/index.js'
import { Book, fromHex, fromJsonText, hex, transcoderWith } from './support.js'

/** A registry that has nothing: error details have to be known all the same. */
const EMPTY = createFileRegistry(create(FileDescriptorSetSchema))
const bare = transcoderWith({ registry: EMPTY })
const full = transcoderWith()
const jsonOf = (status: StatusBody, transcoder = bare): unknown =>
  JSON.parse(Buffer.from(transcoder.encodeStatus(status, 'json').bytes).toString())

describe('an error as JSON', () => {
  test('code, message and details, always all three', () => {
    const { contentType, bytes } = bare.encodeStatus({ code: 5, message: 'no such "book"\n', details: [] }, 'json')
    expect(contentType).toBe('application/json')
    expect(Buffer.from(bytes).toString()).toBe('{"code":5,"message":"no such \\"book\\"\\n","details":[]}')
  })

  test('of the gateway itself: an ErrorInfo, and the fields to blame', () => {
    const error = new StatusError(Code.InvalidArgument, 'book.pages: 12.5 is not an int32', {
      reason: 'MALFORMED_FIELD',
      field: 'book.pages',
      metadata: { place: 'body' },
    })
    expect(jsonOf(statusBodyOf(error))).toEqual({
      code: 3,
      message: 'book.pages: 12.5 is not an int32',
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: 'MALFORMED_FIELD',
          domain: 'protobridge',
          metadata: { place: 'body' },
        },
        {
          '@type': 'type.googleapis.com/google.rpc.BadRequest',
          fieldViolations: [{ field: 'book.pages', description: 'book.pages: 12.5 is not an int32' }],
        },
      ],
    })
  })

  const any = (typeUrl: string, value: Uint8Array): StatusBody => ({
    code: 3,
    message: 'm',
    details: [{ typeUrl, value }],
  })
  test.each([
    {
      name: 'a type of the registry',
      transcoder: full,
      typeUrl: 'type.googleapis.com/protobridge.test.library.Book',
      value: fromJsonText(Book, '{"title":"t"}'),
      gives: { '@type': 'type.googleapis.com/protobridge.test.library.Book', title: 't' },
    },
    {
      name: 'a type nobody knows',
      transcoder: full,
      typeUrl: 'type.googleapis.com/no.Such',
      value: fromHex('0801'),
      gives: { '@type': 'type.googleapis.com/no.Such', value: 'CAE=' },
    },
    {
      name: 'bytes that do not decode',
      transcoder: full,
      typeUrl: 'type.googleapis.com/google.rpc.ErrorInfo',
      value: fromHex('0e'),
      gives: { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', value: 'Dg==' },
    },
    {
      name: 'a value without JSON form',
      transcoder: full,
      typeUrl: 'a/google.protobuf.Duration',
      value: fromHex('1080a8d6b907'),
      gives: { '@type': 'a/google.protobuf.Duration', value: 'EICo1rkH' },
    },
    {
      name: 'RetryInfo',
      transcoder: bare,
      typeUrl: 'type.googleapis.com/google.rpc.RetryInfo',
      value: fromHex('0a020805'),
      gives: { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '5s' },
    },
    {
      name: 'a Duration',
      transcoder: bare,
      typeUrl: 'type.googleapis.com/google.protobuf.Duration',
      value: fromHex('0805'),
      gives: { '@type': 'type.googleapis.com/google.protobuf.Duration', value: '5s' },
    },
    {
      name: 'Help',
      transcoder: bare,
      typeUrl: 'type.googleapis.com/google.rpc.Help',
      value: fromHex('0a060a0161120162'),
      gives: { '@type': 'type.googleapis.com/google.rpc.Help', links: [{ description: 'a', url: 'b' }] },
    },
    {
      name: 'LocalizedMessage',
      transcoder: bare,
      typeUrl: 'type.googleapis.com/google.rpc.LocalizedMessage',
      value: fromHex('0a026465120161'),
      gives: { '@type': 'type.googleapis.com/google.rpc.LocalizedMessage', locale: 'de', message: 'a' },
    },
    {
      name: 'QuotaFailure',
      transcoder: bare,
      typeUrl: 'type.googleapis.com/google.rpc.QuotaFailure',
      value: fromHex('0a0d 0a0161 3206 0a0178120179 3805'),
      gives: {
        '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
        violations: [{ subject: 'a', quotaDimensions: { x: 'y' }, quotaValue: '5' }],
      },
    },
    {
      name: 'an empty DebugInfo',
      transcoder: bare,
      typeUrl: 'type.googleapis.com/google.rpc.DebugInfo',
      value: new Uint8Array(0),
      gives: { '@type': 'type.googleapis.com/google.rpc.DebugInfo' },
    },
  ])('detail: $name', ({ transcoder, typeUrl, value, gives }) => {
    expect(jsonOf(any(typeUrl, value), transcoder)).toEqual({ code: 3, message: 'm', details: [gives] })
  })

  test('one detail that is broken leaves the others', () => {
    const details = [
      { typeUrl: 'x', value: fromHex('00') },
      { typeUrl: 'type.googleapis.com/google.rpc.RequestInfo', value: fromHex('0a0161') },
    ]
    expect(jsonOf({ code: 13, message: '', details })).toEqual({
      code: 13,
      message: '',
      details: [
        { '@type': 'x', value: 'AA==' },
        { '@type': 'type.googleapis.com/google.rpc.RequestInfo', requestId: 'a' },
      ],
    })
  })
})

describe('an error as protobuf', () => {
  test('is a google.rpc.Status, which reads back', () => {
    const status: StatusBody = { code: 5, message: 'none', details: [{ typeUrl: 'a/b.C', value: fromHex('0801') }] }
    const { contentType, bytes } = bare.encodeStatus(status, 'proto')
    expect(contentType).toBe('application/x-protobuf')
    expect(hex(bytes)).toBe('080512046e6f6e651a0b0a05612f622e4312020801')
    expect(decodeStatus(bytes)).toEqual({
      ...status,
      details: [{ typeUrl: 'a/b.C', value: Buffer.from('0801', 'hex') }],
    })
  })

  test('that does not decode keeps what was read before', () => {
    expect(decodeStatus(fromHex('0805 12046e6f6e65 1aff'))).toEqual({ code: 5, message: 'none', details: [] })
  })
})

describe('an error as a problem (RFC 9457)', () => {
  test('has the standard members, and code and details', () => {
    const { contentType, bytes } = bare.encodeProblem({ code: 5, message: 'no such book', details: [] }, 404)
    expect(contentType).toBe('application/problem+json')
    expect(JSON.parse(Buffer.from(bytes).toString())).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'no such book',
      code: 5,
      details: [],
    })
  })

  test.each([
    { status: 502, title: 'Bad Gateway' },
    { status: 418, title: 'Bad Request' },
    { status: 599, title: 'Internal Server Error' },
  ])('the title of $status is $title', ({ status, title }) => {
    expect(
      JSON.parse(Buffer.from(bare.encodeProblem({ code: 2, message: '', details: [] }, status).bytes).toString()),
    ).toMatchObject({ status, title })
  })
})

describe('formats', () => {
  test.each([
    { mediaType: 'application/json', format: 'json' },
    { mediaType: 'application/vnd.api+json', format: 'json' },
    { mediaType: 'text/x+json', format: 'json' },
    { mediaType: 'application/x-protobuf', format: 'proto' },
    { mediaType: 'application/protobuf', format: 'proto' },
    { mediaType: 'application/+json', format: undefined },
    { mediaType: '+json', format: undefined },
    { mediaType: 'text/json', format: undefined },
    { mediaType: 'text/plain', format: undefined },
    { mediaType: '', format: undefined },
  ])('$mediaType is $format', ({ mediaType, format }) => {
    expect(formatForContentType(mediaType)).toBe(format)
  })

  test('every media type offered is read', () => {
    for (const name of FORMAT_NAMES)
      for (const mediaType of mediaTypesOf(name)) expect(formatForContentType(mediaType)).toBe(name)
  })
})

test('every reason is named as google.rpc.ErrorInfo asks, and says what to do', () => {
  for (const [reason, { meaning, advice }] of Object.entries(TRANSCODE_REASONS)) {
    expect(reason).toMatch(/^[A-Z][A-Z0-9_]+[A-Z0-9]$/)
    expect(`${meaning}${advice}`).toMatch(/\.$/)
  }
})
