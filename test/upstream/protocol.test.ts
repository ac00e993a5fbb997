import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeGrpcMessage } from '../../src/upstream/protocol/grpc-message.js'
import { encodeGrpcTimeout } from '../../src/upstream/protocol/grpc-timeout.js'
import { isGrpcContentType, readHeaderBlock } from '../../src/upstream/protocol/header-block.js'
import { frameMessage, MessageReader, type MessageFrame } from '../../src/upstream/protocol/message-reader.js'
import { Backoff } from '../../src/upstream/transports/backoff.js'

describe('grpc-message', () => {
  /** PROTOCOL-HTTP2.md: what is not %x20-24 or %x26-7E is percent-encoded. */
  const encode = (text: string): string =>
    [...Buffer.from(text)]
      .map((byte) =>
        byte >= 0x20 && byte <= 0x7e && byte !== 0x25
          ? String.fromCharCode(byte)
          : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
      )
      .join('')

  test('what the specification’s encoding makes of any text is read back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(decodeGrpcMessage(encode(text))).toBe(text)
      }),
    )
  })

  test('no value at all fails', () => {
    const latin1 = fc
      .array(fc.constantFrom('%', '%4', '%E2', '%zz', 'a', '\xff', '\u20ac'))
      .map((parts) => parts.join(''))
    fc.assert(fc.property(latin1, (value) => typeof decodeGrpcMessage(value) === 'string'))
  })
})

describe('grpc-timeout', () => {
  test.each([
    { ms: 0.1, header: '1m' },
    { ms: 1, header: '1m' },
    { ms: 1500.5, header: '1501m' },
    { ms: 99_999_999, header: '99999999m' },
    { ms: 100_000_000, header: '100000S' },
    { ms: 100_000_001, header: '100001S' },
    { ms: 100_000_000_000, header: '1666667M' },
    { ms: 1e16, header: '99999999H' },
    { ms: Number.MAX_VALUE, header: '99999999H' },
  ])('$ms ms is $header', ({ ms, header }) => {
    expect(encodeGrpcTimeout(ms)).toBe(header)
  })

  test('never shorter than what is left, never more than 8 digits', () => {
    const unit: Record<string, number> = { m: 1, S: 1000, M: 60_000, H: 3_600_000 }
    fc.assert(
      fc.property(fc.double({ min: Number.MIN_VALUE, max: 3.5e14, noNaN: true }), (ms) => {
        const header = encodeGrpcTimeout(ms)
        expect(header).toMatch(/^[1-9][0-9]{0,7}[mSMH]$/)
        expect(Number.parseInt(header) * unit[header.at(-1)!]!).toBeGreaterThanOrEqual(ms)
      }),
    )
  })
})

describe('messages', () => {
  const read = (
    chunks: readonly Uint8Array[],
    maxBytes = 1000,
  ): { frames: MessageFrame[]; problem?: string; reader: MessageReader } => {
    const reader = new MessageReader(maxBytes)
    const frames: MessageFrame[] = []
    for (const chunk of chunks) {
      const problem = reader.push(chunk, frames)
      if (problem !== undefined) return { frames, problem, reader }
    }
    return { frames, reader }
  }

  test('however a body is cut, the messages are the same', () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 })
    const cuts = fc.array(fc.nat(400), { maxLength: 30 })
    fc.assert(
      fc.property(messages, cuts, (sent, at) => {
        const body = Buffer.concat(sent.map(frameMessage))
        const places = [0, ...at.map((place) => place % (body.length + 1)).sort((a, b) => a - b), body.length]
        const chunks = places.slice(1).map((end, index) => body.subarray(places[index], end))
        const { frames, problem, reader } = read(chunks)
        expect(problem).toBeUndefined()
        expect(frames.map(({ flag, payload }) => [flag, [...payload]])).toEqual(sent.map((bytes) => [0, [...bytes]]))
        expect(reader.isPartial).toBe(false)
      }),
    )
  })

  test.each([
    { row: 'of exactly the limit', length: 10, problem: undefined },
    { row: 'one byte over', length: 11, problem: 'the upstream sent a message larger than 10 bytes' },
  ])('a message $row', ({ length, problem }) => {
    expect(read([frameMessage(Buffer.alloc(length))], 10).problem).toBe(problem)
  })

  test('the limit is told by the prefix alone', () => {
    expect(read([Buffer.from([0, 255, 255, 255, 255])], 10).problem).toMatch(/larger than 10 bytes/)
  })

  test('an end within a prefix or a message is known', () => {
    expect(read([Buffer.from([0])]).reader.isPartial).toBe(true)
    expect(read([Buffer.from([0, 0, 0, 0, 2, 1])]).reader.isPartial).toBe(true)
    expect(read([]).reader.isPartial).toBe(false)
  })
})

describe('header blocks', () => {
  test.each([
    { type: 'application/grpc', is: true },
    { type: 'application/grpc+proto', is: true },
    { type: 'application/grpc;charset=utf-8', is: true },
    { type: 'Application/GRPC', is: true },
    { type: 'application/grpc-web', is: false },
    { type: 'application/grpcfoo', is: false },
    { type: 'application/json', is: false },
    { type: '', is: false },
    { type: undefined, is: false },
  ])('content type $type: $is', ({ type, is }) => {
    expect(isGrpcContentType(type)).toBe(is)
  })

  test('any pairs are read without failing, and gRPC’s own are never metadata', () => {
    const name = fc.constantFrom(':status', 'content-type', 'grpc-status', 'grpc-x', 'a-bin', '__proto__', 'x', '')
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.string())), (pairs) => {
        const { metadata } = readHeaderBlock(pairs.flat())
        for (let at = 0; at < metadata.length; at += 2) {
          expect(metadata[at]).not.toMatch(/^(:|grpc-|content-type$)/)
          expect(typeof metadata[at + 1]).toBe('string')
        }
      }),
    )
  })
})

describe('backoff', () => {
  test('1 s, × 1.6, at most 120 s, ± 20 %; reset begins again', () => {
    const middle = new Backoff(() => 0.5)
    const delays = Array.from({ length: 13 }, () => Math.round(middle.next()))
    expect(delays.slice(0, 4)).toEqual([1000, 1600, 2560, 4096])
    expect(delays.at(-1)).toBe(120_000)
    middle.reset()
    expect(middle.next()).toBe(1000)
    expect([new Backoff(() => 0), new Backoff(() => 1)].map((one) => Math.round(one.next()))).toEqual([800, 1200])
  })
})
