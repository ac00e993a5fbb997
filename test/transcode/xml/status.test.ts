import { describe, expect, test } from '@jest/globals'
import { create, createFileRegistry } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { XMLParser } from 'fast-xml-parser'
import { Code, StatusError } from '../../../src/status/index.js'
import { statusBodyOf, type StatusBody } from '../../../src/transcode/index.js'
import { fromHex, transcoderWith } from '../support.js'

const transcoder = transcoderWith({ registry: createFileRegistry(create(FileDescriptorSetSchema)) })
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
const ERROR = new StatusError(Code.InvalidArgument, 'book.pages: "<x>" is not an int32', {
  reason: 'MALFORMED_FIELD',
  field: 'book.pages',
})

function statusXml(status: StatusBody): string {
  const { contentType, bytes } = transcoder.encodeStatus(status, 'xml')
  expect(contentType).toBe('application/xml')
  return Buffer.from(bytes).toString().slice(DECLARATION.length)
}

describe('an error as XML', () => {
  test.each([
    {
      name: 'code and message',
      status: { code: 5, message: 'no such "book" & more', details: [] },
      xml: '<Status><code>5</code><message>no such "book" &amp; more</message></Status>',
    },
    {
      name: 'of the gateway itself',
      status: statusBodyOf(ERROR),
      xml:
        '<Status><code>3</code><message>book.pages: "&lt;x&gt;" is not an int32</message>' +
        '<details type="type.googleapis.com/google.rpc.ErrorInfo"><reason>MALFORMED_FIELD</reason><domain>protobridge</domain></details>' +
        '<details type="type.googleapis.com/google.rpc.BadRequest"><fieldViolations><field>book.pages</field><description>book.pages: "&lt;x&gt;" is not an int32</description></fieldViolations></details></Status>',
    },
    {
      name: 'a map in a detail',
      status: {
        code: 3,
        message: 'm',
        details: [{ typeUrl: 'a/google.rpc.ErrorInfo', value: fromHex('1a060a0161120162') }],
      },
      xml: '<Status><code>3</code><message>m</message><details type="a/google.rpc.ErrorInfo"><metadata><entry key="a">b</entry></metadata></details></Status>',
    },
    {
      name: 'a detail of a special form',
      status: { code: 3, message: 'm', details: [{ typeUrl: 'a/google.protobuf.Duration', value: fromHex('0805') }] },
      xml: '<Status><code>3</code><message>m</message><details type="a/google.protobuf.Duration"><value>5s</value></details></Status>',
    },
    {
      name: 'a detail of a type nobody knows, and one that does not decode',
      status: {
        code: 3,
        message: '',
        details: [
          { typeUrl: 'x/no.Such', value: fromHex('0801') },
          { typeUrl: 'a/google.rpc.ErrorInfo', value: fromHex('0e') },
        ],
      },
      xml: '<Status><code>3</code><message/><details type="x/no.Such"><value>CAE=</value></details><details type="a/google.rpc.ErrorInfo"><value>Dg==</value></details></Status>',
    },
    {
      name: 'a detail with a character that XML cannot hold',
      status: { code: 3, message: 'm', details: [{ typeUrl: 'a/google.rpc.RequestInfo', value: fromHex('0a0101') }] },
      xml: '<Status><code>3</code><message>m</message><details type="a/google.rpc.RequestInfo"><value>CgEB</value></details></Status>',
    },
    {
      name: 'a message, and a type, with characters that XML cannot hold',
      status: { code: 3, message: 'a\u0000b\u001f\uffff', details: [{ typeUrl: '\u0001/x', value: fromHex('') }] },
      xml: '<Status><code>3</code><message>a\ufffdb\ufffd\ufffd</message><details type="\ufffd/x"><value/></details></Status>',
    },
  ])('$name', ({ status, xml }) => {
    expect(statusXml(status)).toBe(xml)
  })
})

describe('an error as a problem in XML (RFC 9457 appendix B)', () => {
  test('in its namespace, the list of details in elements i', () => {
    const { contentType, bytes } = transcoder.encodeProblem(statusBodyOf(ERROR), 400, 'xml')
    expect(contentType).toBe('application/problem+xml')
    const text = Buffer.from(bytes).toString()
    expect(text.startsWith(`${DECLARATION}<problem xmlns="urn:ietf:rfc:7807"><type>about:blank</type>`)).toBe(true)
    expect(text).not.toContain('xmlns=""')
    const parsed: unknown = new XMLParser({ ignoreAttributes: false }).parse(text)
    expect(parsed).toMatchObject({
      problem: {
        '@_xmlns': 'urn:ietf:rfc:7807',
        title: 'Bad Request',
        status: 400,
        detail: 'book.pages: "<x>" is not an int32',
        code: 3,
        details: { i: [{ '@_type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'MALFORMED_FIELD' }, {}] },
      },
    })
  })

  test.each([{ format: 'json' as const }, { format: 'proto' as const }, { format: undefined }])(
    'for $format it is application/problem+json',
    ({ format }) => {
      const { contentType } = transcoder.encodeProblem({ code: 5, message: '', details: [] }, 404, format)
      expect(contentType).toBe('application/problem+json')
    },
  )
})
