import type { DescMethod, DescService } from '@bufbuild/protobuf'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import type { AuthSettings } from '../../config/index.js'

/** The number of the options of protos/protobridge/policy.proto, in services and methods alike. */
const AUTH_OPTION = 51281

/** What the `.proto` of a method says of who may call it. */
export interface ProtoAuth {
  readonly settings: AuthSettings
  readonly from: 'method' | 'service'
}

/**
 * The option of the method, or else of its service; undefined: neither says anything.
 *
 * @throws Error where the option's bytes are no such message: descriptors are not always made by a compiler
 */
export function protoAuthOf(method: DescMethod): ProtoAuth | undefined {
  const own = optionOf(method)
  if (own !== undefined) return { settings: own, from: 'method' }
  const shared = optionOf(method.parent)
  return shared === undefined ? undefined : { settings: shared, from: 'service' }
}

/** Extensions are kept as unknown fields; several occurrences merge, one after the other. */
function optionOf({ proto }: DescMethod | DescService): AuthSettings | undefined {
  const parts = (proto.options?.$unknown ?? []).filter(({ no }) => no === AUTH_OPTION)
  if (parts.length === 0) return undefined
  let isAnonymous = false
  const lists: string[][] = [[], [], []]
  for (const { wireType, data } of parts) {
    if (wireType !== WireType.LengthDelimited) throw new Error('an option that is no message')
    const reader = new BinaryReader(new BinaryReader(data).bytes())
    while (reader.pos < reader.len) {
      const [number, type] = reader.tag()
      const list = lists[number - 2]
      if (number === 1 && type === WireType.Varint) isAnonymous = reader.bool()
      else if (list !== undefined && type === WireType.LengthDelimited) list.push(reader.string())
      else reader.skip(type, number)
    }
  }
  if (isAnonymous) return { mode: 'none' }
  const [scopes = [], roles = [], providers = []] = lists
  return { mode: 'any', providers, scopes, roles, where: [] }
}
