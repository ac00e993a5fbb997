import type { DescOneof } from '@bufbuild/protobuf'
import { TypeCode, type EnumElement, type FieldPlan, type MessagePlan } from '../plan/types.js'
import { accepts, fieldByNumber, keepsNumber } from './accepts.js'
import type { GroupEnds } from './group-ends.js'
import type { WireReader } from './reader.js'
import { WireType } from './writer.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { Enum } = TypeCode
const { LengthDelimited, StartGroup } = WireType

/**
 * Where the values of one field are, in the order of the wire: for each its wire type, its first byte and the byte after
 * it. What is length-delimited is without its length, a group without its tags.
 */
export type Segments = readonly number[]

/** Numbers a segment has. */
export const SEGMENT = 3

/**
 * The fields of one message and where they are, whatever order they came in, as the encoding specification resolves
 * them: the last value of a singular scalar is the one, all parts of a singular message are (one after the other they
 * are the merged message), of a oneof only the last member is. Unknown fields are none, nor is a singular closed enum's
 * unknown number.
 *
 * Nothing in the fields is looked at; sparse, since a message of two bytes may be of a type of a thousand fields.
 */
export class MessageSegments {
  readonly plan: MessagePlan
  readonly #fields = new Map<FieldPlan, number[]>()
  /** Of each oneof the member that is set. */
  readonly #members = new Map<DescOneof, FieldPlan>()

  /**
   * @param ranges where the message is: the first byte of each part and the byte after it, in turn
   * @param depth levels of messages, this one among them
   * @param ends of the groups in the reader's bytes
   * @throws WireError where its fields do not decode
   */
  constructor(plan: MessagePlan, reader: WireReader, ranges: readonly number[], depth: number, ends: GroupEnds) {
    this.plan = plan
    for (let i = 0; i < ranges.length; i += 2) {
      reader.position = ranges[i]!
      reader.end = ranges[i + 1]!
      while (!reader.isAtEnd) {
        const tag = reader.tag()
        const field = fieldByNumber(plan, tag >>> 3)
        if (field === undefined || !accepts(field, tag & 7)) reader.skip(tag, depth)
        else this.#add(field, tag & 7, reader, depth, ends)
      }
    }
  }

  get(field: FieldPlan): Segments | undefined {
    return this.#fields.get(field)
  }

  /** The fields there are, in the order text formats write them. */
  present(): FieldPlan[] {
    const fields = [...this.#fields.keys()]
    let isSorted = true
    for (let i = 1; i < fields.length && isSorted; i++) isSorted = fields[i - 1]!.rank < fields[i]!.rank
    return isSorted ? fields : fields.sort(byRank)
  }

  /** The same, and the fields without presence that there are not. */
  presentOrImplicit(): FieldPlan[] {
    const { implicitFields } = this.plan
    return [...this.present(), ...implicitFields.filter((field) => !this.#fields.has(field))].sort(byRank)
  }

  #add(field: FieldPlan, wireType: number, reader: WireReader, depth: number, ends: GroupEnds): void {
    let start = reader.position
    let end: number
    if (wireType === LengthDelimited) {
      end = reader.delimitedEnd()
      start = reader.position
      reader.position = end
    } else if (wireType === StartGroup) {
      end = ends.skip(field.number, reader, depth + 1)
    } else {
      if (field.type === Enum && field.shape === 'singular') {
        const isKept = keepsNumber(field.element as EnumElement, reader.uint32() | 0)
        if (!isKept) return
      } else {
        reader.skip(wireType, depth)
      }
      end = reader.position
    }
    if (field.oneof !== undefined) this.#clearOthers(field)
    const known = this.#fields.get(field)
    if (known === undefined) this.#fields.set(field, [wireType, start, end])
    else if (field.shape !== 'singular' || field.element.kind === 'message') known.push(wireType, start, end)
    else this.#fields.set(field, [wireType, start, end])
  }

  /** In a oneof the last member wins. */
  #clearOthers(field: FieldPlan): void {
    const last = this.#members.get(field.oneof!)
    if (last !== undefined && last !== field) this.#fields.delete(last)
    this.#members.set(field.oneof!, field)
  }
}

function byRank(a: FieldPlan, b: FieldPlan): number {
  return a.rank - b.rank
}
