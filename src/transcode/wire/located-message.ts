import type { FieldPlan, MessagePlan } from '../plan/types.js'
import { levelsOf } from './accepts.js'
import { checkMessage } from './check-message.js'
import { GroupEnds } from './group-ends.js'
import { WireReader } from './reader.js'
import * as segmentsModule from './segments.js'
import { MessageSegments } from './segments.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { SEGMENT } = segmentsModule

/** A message and where its fields are in its bytes, for those who look at some of them and pass the bytes on. */
export class LocatedMessage {
  readonly plan: MessagePlan
  readonly bytes: Uint8Array
  readonly #fields: MessageSegments

  /** @param bytes that were checked: see `locate` */
  private constructor(plan: MessagePlan, bytes: Uint8Array) {
    this.plan = plan
    this.bytes = bytes
    this.#fields = new MessageSegments(plan, new WireReader(bytes), [0, bytes.length], levelsOf(plan), new GroupEnds())
  }

  /**
   * @throws WireError where the bytes do not decode, all of them
   */
  static locate(plan: MessagePlan, bytes: Uint8Array): LocatedMessage {
    checkMessage(plan, bytes)
    return new LocatedMessage(plan, bytes)
  }

  has(field: FieldPlan): boolean {
    return this.#fields.get(field) !== undefined
  }

  /** The fields there are, by number, extensions last. */
  present(): readonly FieldPlan[] {
    return this.#fields.present()
  }

  /**
   * The bytes of a string, of bytes or of a message: of a message all parts one after the other, which on the wire is
   * the merged message. Undefined where the field is not there.
   */
  bytesOf(field: FieldPlan): Uint8Array | undefined {
    const segments = this.#fields.get(field)
    if (segments === undefined) return undefined
    if (segments.length === SEGMENT) return this.bytes.subarray(segments[1], segments[2])
    const parts: Uint8Array[] = []
    for (let i = 0; i < segments.length; i += SEGMENT) parts.push(this.bytes.subarray(segments[i + 1], segments[i + 2]))
    return Buffer.concat(parts)
  }

  /** The message in a singular field; undefined where there is none. */
  submessage(field: FieldPlan): LocatedMessage | undefined {
    if (field.element.kind !== 'message') return undefined
    const bytes = this.bytesOf(field)
    return bytes === undefined ? undefined : new LocatedMessage(field.element.message, bytes)
  }
}
