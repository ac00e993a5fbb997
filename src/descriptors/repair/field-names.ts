import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { jsonNameOf } from '../compiler/names.js'
import { messagesOf } from './visit.js'

/** What protobuf.js makes capital where it changes names (`keepCase` off): never the first letter. */
const SNAKE = /(?<=.)_[a-z](?=[a-z]|$)/
const CAMEL = /(?<=.)[A-Z](?=[a-z]|$)/
const CAPITALS = new RegExp(CAMEL, 'g')

/**
 * Whether all field names were changed from `snake_case` to `camelCase`: some have capitals, and none has an underscore
 * left that protobuf.js would have taken away. Its own copies of protobuf's types say nothing.
 */
export function areCamelCase(files: readonly FileDescriptorProto[]): boolean {
  let hasCapital = false
  for (const file of files) {
    if (file.package === 'google.protobuf') continue
    for (const { message } of messagesOf(file))
      for (const { name } of message.field) {
        if (SNAKE.test(name)) return false
        hasCapital ||= CAMEL.test(name)
      }
  }
  return hasCapital
}

/**
 * Gives what stands in one scope (fields and oneofs, or extensions) the names it probably has in its proto, so that
 * rules and clients can use either spelling, as they could had the names been kept. JSON names stay what they would be.
 */
export function restoreSnakeCase(scope: readonly { name: string }[]): void {
  const taken = new Set(scope.map(({ name }) => name))
  for (const named of scope) {
    const name = named.name.replace(CAPITALS, (letter) => `_${letter.toLowerCase()}`)
    if (name === named.name || taken.has(name) || jsonNameOf(name) !== jsonNameOf(named.name)) continue
    taken.add(name)
    named.name = name
  }
}
