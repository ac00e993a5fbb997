import { isUtf8 } from 'node:buffer'
import { ValueError } from '../errors/transcode-error.js'
import type { FieldPlan, MessagePlan } from '../plan/types.js'
import { WireError, type WireReader } from './reader.js'
import * as knownTags from './known-tags.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { FIRST, NANOS, SECOND, SECONDS } = knownTags

/*
 * What well-known types hold, by the field numbers of google/protobuf/*.proto, which the plan has checked. `ranges` is
 * where the message is: the first byte of each part and the byte after it, in turn; the parts are one message. `depth`:
 * levels of messages, this one among them.
 */

/** Seconds and nanoseconds of a Timestamp or Duration. */
export class TimeParts {
  /** Halves of the 64-bit seconds, each unsigned. */
  low = 0
  high = 0
  nanos = 0

  /** Exactly, for an error. */
  get seconds(): bigint {
    return BigInt.asIntN(64, (BigInt(this.high) << 32n) | BigInt(this.low))
  }
}

/** @param into what is filled */
export function readTime(reader: WireReader, ranges: readonly number[], depth: number, into: TimeParts): void {
  into.low = into.high = into.nanos = 0
  for (let i = 0; i < ranges.length; i += 2) {
    reader.position = ranges[i]!
    reader.end = ranges[i + 1]!
    while (!reader.isAtEnd) {
      const tag = reader.tag()
      if (tag === SECONDS) {
        reader.varint64()
        into.low = reader.low
        into.high = reader.high
      } else if (tag === NANOS) {
        into.nanos = reader.uint32() | 0
      } else {
        reader.skip(tag, depth)
      }
    }
  }
}

/**
 * The paths of a FieldMask.
 *
 * @throws ValueError where one is not UTF-8
 */
export function readPaths(
  plan: MessagePlan,
  reader: WireReader,
  ranges: readonly number[],
  depth: number,
): readonly string[] {
  const paths: string[] = []
  for (let i = 0; i < ranges.length; i += 2) {
    reader.position = ranges[i]!
    reader.end = ranges[i + 1]!
    while (!reader.isAtEnd) {
      const tag = reader.tag()
      if (tag === FIRST) paths.push(textOf(reader.lengthDelimited(), plan.fields[0]!, 'a path'))
      else reader.skip(tag, depth)
    }
  }
  return paths
}

/** An Any: its type, and where what it packs is. */
export interface AnyParts {
  readonly typeUrl: string
  readonly start: number
  readonly end: number
}

/** @throws ValueError where the type URL is not UTF-8 */
export function readAny(plan: MessagePlan, reader: WireReader, ranges: readonly number[], depth: number): AnyParts {
  let typeUrl = ''
  let start = 0
  let end = 0
  for (let i = 0; i < ranges.length; i += 2) {
    reader.position = ranges[i]!
    reader.end = ranges[i + 1]!
    while (!reader.isAtEnd) {
      const tag = reader.tag()
      if (tag === FIRST) {
        typeUrl = textOf(reader.lengthDelimited(), plan.fields[0]!, 'a type URL')
      } else if (tag === SECOND) {
        end = reader.delimitedEnd()
        start = reader.position
        reader.position = end
      } else {
        reader.skip(tag, depth)
      }
    }
  }
  return { typeUrl, start, end }
}

function textOf(bytes: Uint8Array, field: FieldPlan, what: string): string {
  if (isUtf8(bytes)) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  if (field.validatesUtf8) throw new WireError(`${field.jsonName} is not UTF-8`)
  throw new ValueError(`${what} is not UTF-8`)
}
