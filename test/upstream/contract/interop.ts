import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { CallOptions, Connection, Transport, UnaryResult } from '../../../src/upstream/index.js'
import { RecordedStream, unary, valuesOf } from '../../support/calls.js'
import {
  hasInteropServer,
  startInteropServer,
  type InteropServer,
} from '../../support/grpc-servers/interop/interop-server.js'
import { CONNECTION, loopback, withConnection } from './context.js'

/*
 * The interoperability cases of gRPC (grpc/grpc doc/interop-test-descriptions.md), by their names, against grpc-go's own
 * server for them. Messages are grpc.testing's (messages.proto), written and read field by field.
 */

const SERVICE = '/grpc.testing.TestService'
const LARGE_RESPONSE = 314_159
const LARGE_REQUEST = 271_828
const OPTIONS = { ...CONNECTION, maxResponseBytes: 1024 * 1024 }

/** Payload { body = 2 } of zeros. */
function payload(size: number): Uint8Array {
  return new BinaryWriter().tag(2, WireType.LengthDelimited).bytes(new Uint8Array(size)).finish()
}

function field(writer: BinaryWriter, number: number, message: Uint8Array): BinaryWriter {
  return writer.tag(number, WireType.LengthDelimited).bytes(message)
}

function status(code: number, text: string): Uint8Array {
  return new BinaryWriter().tag(1, WireType.Varint).int32(code).tag(2, WireType.LengthDelimited).string(text).finish()
}

/** SimpleRequest { response_size = 2, payload = 3, response_status = 7 }. */
function simple(request: { responseSize?: number; bytes?: number; status?: Uint8Array }): Uint8Array {
  const writer = new BinaryWriter().tag(2, WireType.Varint).int32(request.responseSize ?? 0)
  field(writer, 3, payload(request.bytes ?? 0))
  return (request.status === undefined ? writer : field(writer, 7, request.status)).finish()
}

/** StreamingOutputCallRequest { response_parameters = 2 { size = 1, interval_us = 2 }, payload = 3, response_status = 7 }. */
function output(request: { sizes?: number[]; bytes?: number; intervalUs?: number; status?: Uint8Array }): Uint8Array {
  const writer = new BinaryWriter()
  for (const size of request.sizes ?? []) {
    const parameters = new BinaryWriter().tag(1, WireType.Varint).int32(size)
    field(
      writer,
      2,
      parameters
        .tag(2, WireType.Varint)
        .int32(request.intervalUs ?? 0)
        .finish(),
    )
  }
  field(writer, 3, payload(request.bytes ?? 0))
  return (request.status === undefined ? writer : field(writer, 7, request.status)).finish()
}

/** The bytes of `payload = 1 { body = 2 }` of a response. */
function bodyLength(message: Uint8Array | undefined): number {
  const outer = new BinaryReader(message ?? new Uint8Array(0))
  while (outer.pos < outer.len) {
    const [number, type] = outer.tag()
    if (number !== 1) {
      outer.skip(type)
      continue
    }
    const inner = new BinaryReader(outer.bytes())
    while (inner.pos < inner.len) {
      const [innerNumber, innerType] = inner.tag()
      if (innerNumber === 2) return inner.bytes().length
      inner.skip(innerType)
    }
  }
  return 0
}

export function describeInterop(transport: Transport): void {
  if (!hasInteropServer()) {
    test.skip('interoperability cases: skipped: no go-interop binary (`node scripts/get-go-server.mjs`)', () =>
      undefined)
    return
  }

  describe('interoperability cases, against grpc-go', () => {
    let server: InteropServer
    let connection: Connection
    beforeAll(async () => {
      server = await startInteropServer()
      connection = transport.open(loopback(server.port), OPTIONS)
    })
    afterAll(() => {
      connection.close()
      server.close()
    })

    const call = (method: string, message: Uint8Array, options?: Partial<CallOptions>): Promise<UnaryResult> =>
      unary(connection, `${SERVICE}/${method}`, message, options)
    const open = (method: string, options?: Partial<CallOptions>): RecordedStream =>
      new RecordedStream(connection, `${SERVICE}/${method}`, options)
    const sizesOf = (stream: RecordedStream): number[] => stream.messages.map(bodyLength)

    test('empty_unary', async () => {
      const { status: ended, message } = await call('EmptyCall', new Uint8Array(0))
      expect(ended).toMatchObject({ code: 0, origin: 'peer' })
      expect(message).toHaveLength(0)
    })

    test('large_unary', async () => {
      const request = simple({ responseSize: LARGE_RESPONSE, bytes: LARGE_REQUEST })
      expect(bodyLength((await call('UnaryCall', request)).message)).toBe(LARGE_RESPONSE)
    })

    test('client_streaming', async () => {
      const stream = open('StreamingInputCall')
      // StreamingInputCallRequest { payload = 1 } → StreamingInputCallResponse { aggregated_payload_size = 1 }.
      for (const size of [27_182, 8, 1828, 45_904]) {
        stream.call.send(field(new BinaryWriter(), 1, payload(size)).finish())
      }
      stream.call.halfClose()
      expect((await stream.ended).code).toBe(0)
      expect(stream.messages.map((bytes) => [...bytes])).toEqual([[8, ...new BinaryWriter().uint32(74_922).finish()]])
    })

    test('server_streaming', async () => {
      const sizes = [31_415, 9, 2653, 58_979]
      const stream = open('StreamingOutputCall')
      stream.call.send(output({ sizes }))
      stream.call.halfClose()
      expect((await stream.ended).code).toBe(0)
      expect(sizesOf(stream)).toEqual(sizes)
    })

    test('ping_pong', async () => {
      const stream = open('FullDuplexCall')
      const sizes = [31_415, 9, 2653, 58_979]
      const bytes = [27_182, 8, 1828, 45_904]
      for (const [round, size] of sizes.entries()) {
        stream.call.send(output({ sizes: [size], bytes: bytes[round]! }))
        await stream.received(round + 1)
      }
      stream.call.halfClose()
      expect((await stream.ended).code).toBe(0)
      expect(sizesOf(stream)).toEqual(sizes)
    })

    test('empty_stream', async () => {
      const stream = open('FullDuplexCall')
      stream.call.halfClose()
      expect((await stream.ended).code).toBe(0)
      expect(stream.messages).toEqual([])
    })

    test('compressed unary and streaming answers', async () => {
      const metadata = ['x-want-gzip', '1']
      const { message } = await call('UnaryCall', simple({ responseSize: LARGE_RESPONSE }), { metadata })
      expect(bodyLength(message)).toBe(LARGE_RESPONSE)
      const stream = open('StreamingOutputCall', { metadata })
      stream.call.send(output({ sizes: [31_415, 92_653] }))
      stream.call.halfClose()
      expect((await stream.ended).code).toBe(0)
      expect(sizesOf(stream)).toEqual([31_415, 92_653])
    })

    test('custom_metadata', async () => {
      const metadata = [
        'x-grpc-test-echo-initial',
        'test_initial_metadata_value',
        'x-grpc-test-echo-trailing-bin',
        'q6ur',
      ]
      const result = await call('UnaryCall', simple({ responseSize: 1 }), { metadata })
      expect(valuesOf(result.headers, 'x-grpc-test-echo-initial')).toEqual(['test_initial_metadata_value'])
      expect(valuesOf(result.trailers, 'x-grpc-test-echo-trailing-bin')).toEqual(['q6ur'])
      const stream = open('FullDuplexCall', { metadata })
      stream.call.send(output({ sizes: [1] }))
      stream.call.halfClose()
      expect((await stream.ended).code).toBe(0)
      expect(valuesOf(stream.headers!, 'x-grpc-test-echo-initial')).toEqual(['test_initial_metadata_value'])
      expect(valuesOf(stream.trailers!, 'x-grpc-test-echo-trailing-bin')).toEqual(['q6ur'])
    })

    test.each([
      { row: 'status_code_and_message', code: 2, text: 'test status message' },
      {
        row: 'special_status_message',
        code: 2,
        text: '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n',
      },
    ])('$row', async ({ code, text }) => {
      const wanted = { code, message: text, origin: 'peer' }
      expect((await call('UnaryCall', simple({ status: status(code, text) }))).status).toMatchObject(wanted)
      const stream = open('FullDuplexCall')
      stream.call.send(output({ status: status(code, text) }))
      stream.call.halfClose()
      expect(await stream.ended).toMatchObject(wanted)
    })

    test('unimplemented_method', async () => {
      const { status: ended } = await call('UnimplementedCall', new Uint8Array(0))
      expect(ended).toMatchObject({ code: 12, origin: 'peer' })
    })

    test('unimplemented_service', async () => {
      const { status: ended } = await unary(connection, '/grpc.testing.UnimplementedService/UnimplementedCall')
      expect(ended).toMatchObject({ code: 12, origin: 'peer' })
    })

    test('cancel_after_begin', async () => {
      const stream = open('StreamingInputCall')
      stream.call.cancel()
      expect(await stream.ended).toMatchObject({ code: 1, origin: 'local' })
    })

    test('cancel_after_first_response', async () => {
      const stream = open('FullDuplexCall')
      stream.call.send(output({ sizes: [31_415], bytes: 27_182 }))
      await stream.received(1)
      stream.call.cancel()
      expect(await stream.ended).toMatchObject({ code: 1, origin: 'local' })
    })

    test('timeout_on_sleeping_server', async () => {
      const stream = open('FullDuplexCall', { deadlineMs: Date.now() + 50 })
      stream.call.send(output({ sizes: [1], bytes: 27_182, intervalUs: 5_000_000 }))
      expect(await stream.ended).toMatchObject({ code: 4, origin: 'local' })
    })

    test('500 calls at once, where a connection takes 100, also after cancelled and expired streams', async () => {
      // A connection of their own: grpc-go does not read on while 100 handlers run, and one may outlive its call.
      await withConnection(transport, loopback(server.port), OPTIONS, async (own) => {
        for (let round = 0; round < 5; round++) {
          const cancelled = new RecordedStream(own, `${SERVICE}/FullDuplexCall`)
          cancelled.call.cancel()
          const expired = new RecordedStream(own, `${SERVICE}/FullDuplexCall`, { deadlineMs: Date.now() + 20 })
          expect([(await cancelled.ended).code, (await expired.ended).code]).toEqual([1, 4])
          const results = await Promise.all(Array.from({ length: 500 }, () => unary(own, `${SERVICE}/EmptyCall`)))
          expect(results.filter(({ status: ended }) => ended.code !== 0)).toEqual([])
        }
      })
    })

    test('calls that wait long behind 100 others, one of which has expired, are not taken for a broken connection', async () => {
      await withConnection(transport, loopback(server.port), OPTIONS, async (own) => {
        const start = (options?: Partial<CallOptions>): RecordedStream =>
          new RecordedStream(own, `${SERVICE}/FullDuplexCall`, options)
        expect((await unary(own, `${SERVICE}/EmptyCall`)).status.code).toBe(0)
        const expired = start({ deadlineMs: Date.now() + 50 })
        const holding = Array.from({ length: 99 }, () => start())
        const waiting = Array.from({ length: 50 }, () => start())
        for (const { call: each } of waiting) each.halfClose()
        expect((await expired.ended).code).toBe(4)
        // Longer than the grpc-js transport lets a session that it suspects write nothing.
        await new Promise((resolve) => setTimeout(resolve, 2000))
        for (const { call: each } of holding) each.halfClose()
        const codes = await Promise.all([...holding, ...waiting].map(async ({ ended }) => (await ended).code))
        expect(codes.filter((code) => code !== 0)).toEqual([])
      })
    })
  })
}
