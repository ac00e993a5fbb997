import type { MessageType } from './protos.js'
import type { Errors } from './rpc-error.js'

/** `google.protobuf.FieldMask`, as proto-loader has it. */
export interface FieldMask {
  paths: string[]
}

/** The part of a DescriptorProto, as proto-loader has it, that a mask needs. */
interface Shape {
  readonly field: readonly { name: string; label: string; typeName: string; oneofIndex: number }[]
  readonly oneofDecl: readonly { name: string }[]
  readonly nestedType: readonly (Shape & { name: string })[]
}

type Fields = Record<string, unknown>

/** How a mask is applied to messages of one type. */
export interface Masking<T> {
  /** Which fields the paths name; `*` is all of them. Throws INVALID_ARGUMENT for a path that names no field. */
  check(field: string, paths: readonly string[], errors: Errors): string[]
  /** The paths of all fields of the message that are not empty. */
  populated(message: T): string[]
  /** Writes what the checked paths name from one message into another; what is unset there becomes unset here. */
  write(paths: readonly string[], from: T, into: T): T
  /** A message of what the checked paths name and nothing else. */
  pick(paths: readonly string[], message: T): T
}

/**
 * Field masks of a message type (https://aip.dev/161): paths lead through singular messages and stop at lists, maps
 * and well-known types. The types of a message's fields that a path may enter must be nested in it.
 */
export function maskingOf<T extends object>(type: MessageType<T>): Masking<T> {
  const shape = type.type as Shape
  const empty = type.deserialize(type.serialize({})) as Fields
  const isKnown = (path: string): boolean => {
    let at: Shape | undefined = shape
    for (const name of path.split('.')) {
      const found: Shape['field'][number] | undefined = at?.field.find((field) => field.name === name)
      if (found === undefined) return false
      at = entered(at, found)
    }
    return true
  }
  const write = (paths: readonly string[], from: T, into: T): T => {
    const written = copyOf(type, into) as Fields
    for (const path of paths) writePath(shape, path.split('.'), from as Fields, written)
    return type.deserialize(type.serialize(written as Partial<T>))
  }
  return {
    check(field, paths, errors) {
      if (paths.includes('*')) {
        if (paths.length > 1) throw errors.invalidArgument(field, '* stands alone')
        return shape.field.map(({ name }) => name)
      }
      const unknown = paths.find((path) => !isKnown(path))
      if (unknown !== undefined) throw errors.invalidArgument(field, `there is no field ${unknown}`)
      return [...paths]
    },
    populated: (message) =>
      shape.field.map(({ name }) => name).filter((name) => isPopulated((message as Fields)[name], empty[name])),
    write,
    pick: (paths, message) => write(paths, message, type.deserialize(type.serialize({}))),
  }
}

/** The type a path enters through a field: a message nested in this one, and only one of it. */
function entered(shape: Shape | undefined, field: { label: string; typeName: string }): Shape | undefined {
  if (field.label === 'LABEL_REPEATED') return undefined
  return shape?.nestedType.find(({ name }) => name === field.typeName)
}

function writePath(shape: Shape, [name, ...rest]: string[], from: Fields, into: Fields): void {
  if (name === undefined) return
  const value = from[name]
  if (value === undefined || value === null) {
    // Below an unset message everything is unset, and stays so if it is unset here too.
    const target = into[name] as Fields | null | undefined
    if (rest.length > 0 && target !== null && target !== undefined) {
      const field = shape.field.find((candidate) => candidate.name === name)!
      const inner = entered(shape, field)
      if (inner) writePath(inner, rest, {}, target)
      return
    }
    into[name] = undefined
    return
  }
  clearSiblings(shape, name, from, into)
  if (rest.length === 0) {
    into[name] = value
    return
  }
  const inner = entered(
    shape,
    shape.field.find((candidate) => candidate.name === name)!,
  )
  const target: Fields = { ...((into[name] as Fields | null | undefined) ?? {}) }
  if (inner) writePath(inner, rest, value as Fields, target)
  into[name] = target
}

/** Setting one member of a oneof unsets the others. */
function clearSiblings(shape: Shape, name: string, from: Fields, into: Fields): void {
  const group = shape.oneofDecl.find((oneof) => from[oneof.name] === name)
  if (group === undefined) return
  const before = into[group.name]
  if (typeof before === 'string' && before !== name) into[before] = undefined
  into[group.name] = name
}

/** Whether a field holds something else than in an empty message; `optional` fields do when they are set at all. */
function isPopulated(value: unknown, whenEmpty: unknown): boolean {
  if (value === null || value === undefined) return false
  if (Array.isArray(value) || Buffer.isBuffer(value)) return value.length > 0
  // A map; a message is null in an empty one.
  if (typeof value === 'object' && whenEmpty !== null && whenEmpty !== undefined) return Object.keys(value).length > 0
  return value !== whenEmpty
}

function copyOf<T>(type: MessageType<T>, message: T): T {
  return type.deserialize(type.serialize(message as Partial<T>))
}
