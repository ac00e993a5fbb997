import { type SchemaNode, readJsonSchema } from './json-schema.js'

let known: ReadonlyMap<string, readonly string[]> | undefined

/**
 * Where a key belongs: `retry` → `policies[]`, `cert` → `listen.tls` and `upstreams.NAME.tls`. What is written in the
 * wrong place is told its right one.
 */
export function placesOf(key: string): readonly string[] {
  known ??= collect(readJsonSchema())
  return known.get(key) ?? []
}

function collect(root: SchemaNode): ReadonlyMap<string, readonly string[]> {
  const out = new Map<string, string[]>()
  const walk = (node: SchemaNode, path: string): void => {
    const target = dereference(root, node)
    for (const [key, child] of Object.entries(target.properties ?? {})) {
      const places = out.get(key) ?? []
      const place = path === '' ? 'the top level' : path
      if (!places.includes(place)) out.set(key, [...places, place])
      walk(child, path === '' ? key : `${path}.${key}`)
    }
    if (typeof target.additionalProperties === 'object') walk(target.additionalProperties, `${path}.NAME`)
    if (target.items !== undefined) walk(target.items, `${path}[]`)
    // A listener alone or in a list: one way of writing it is enough to point to.
    if (target.else?.then !== undefined) walk(target.else.then, path)
  }
  walk(root, '')
  return out
}

function dereference(root: SchemaNode, node: SchemaNode): SchemaNode {
  const name = node.$ref?.replace('#/$defs/', '')
  return name === undefined ? node : (root.$defs?.[name] ?? node)
}
