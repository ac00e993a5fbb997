import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ErrorObject } from 'ajv/dist/2020.js'

/** The schema's own annotations, beside JSON Schema's: see `schema/protobridge.schema.json`. */
export interface SchemaNode {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly additionalProperties?: boolean | SchemaNode
  readonly items?: SchemaNode
  readonly then?: SchemaNode
  readonly else?: SchemaNode
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, SchemaNode>>
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  /** JSON Schema's mark of a secret: its value is never shown. */
  readonly writeOnly?: boolean
  /** What a value is, with its article: `a duration`. */
  readonly 'x-is'?: string
  /** What to write instead of a wrong value, as advice. */
  readonly 'x-write'?: string
  /** Part of the contract that this version does not have; what to do about it, as advice. */
  readonly 'x-notYet'?: string
}

/** A wrong place, with the part of the schema that says so. */
export type SchemaError = ErrorObject & { readonly parentSchema?: SchemaNode }

const FILE = 'schema/protobridge.schema.json'

/** The published schema, as text: beside `src/` when run from source, a folder further up from `dist/src/`. */
export function readSchemaText(): string {
  const candidates = [`../../${FILE}`, `../../../${FILE}`].map((path) => fileURLToPath(new URL(path, import.meta.url)))
  const path = candidates.find((candidate) => existsSync(candidate))
  if (path === undefined) throw new Error(`the package lacks ${FILE}`)
  return readFileSync(path, 'utf8')
}

export function readJsonSchema(): SchemaNode {
  return JSON.parse(readSchemaText()) as SchemaNode
}
