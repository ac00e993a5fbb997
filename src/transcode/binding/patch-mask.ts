import { ordinaryMessageOf } from '../plan/special-form.js'
import type { FieldPlan } from '../plan/types.js'
import type { WireWriter } from '../wire/writer.js'
import { tagOf, WireType } from '../wire/writer.js'
import type { LocatedMessage } from '../wire/located-message.js'

/** The paths of the fields present in a protobuf body, as `PresentPaths` has those of a text: what is on the wire. */
export function pathsOfMessage(message: LocatedMessage): string[] {
  const paths: string[] = []
  addMessagePaths(message, '', paths)
  return paths
}

function addMessagePaths(message: LocatedMessage, prefix: string, paths: string[]): void {
  for (const field of message.present()) {
    if (field.desc.kind === 'extension') continue
    const submessage = ordinaryMessageOf(field) === undefined ? undefined : message.submessage(field)
    const before = paths.length
    if (submessage !== undefined) addMessagePaths(submessage, `${prefix}${field.name}.`, paths)
    if (paths.length === before) paths.push(prefix + field.name)
  }
}

/** Writes the mask, set also where it has no paths: a body without fields then changes nothing. */
export function writeMask(field: FieldPlan, paths: readonly string[], out: WireWriter): void {
  out.uint32(tagOf(field.number, WireType.LengthDelimited))
  const mark = out.begin()
  for (const path of paths) {
    out.uint32(tagOf(1, WireType.LengthDelimited))
    out.string(path)
  }
  out.end(mark)
}
