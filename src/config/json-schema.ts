import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'

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
let compiled: ValidateFunction | undefined

/** The published schema: beside `src/` when run from source, a folder further up from `dist/src/`. */
export function readJsonSchema(): SchemaNode {
  const candidates = [`../../${FILE}`, `../../../${FILE}`].map((path) => fileURLToPath(new URL(path, import.meta.url)))
  const path = candidates.find((candidate) => existsSync(candidate))
  if (path === undefined) throw new Error(`the package lacks ${FILE}`)
  return JSON.parse(readFileSync(path, 'utf8')) as SchemaNode
}

/**
 * Checks a configuration against the published schema and fills in the defaults, in place.
 * @returns every error; none: the value is of the shape `WrittenConfig`
 */
export function validateShape(value: unknown): readonly SchemaError[] {
  if (compiled === undefined) {
    const ajv = new Ajv2020({
      allErrors: true,
      verbose: true,
      useDefaults: true,
      strict: true,
      strictTypes: true,
      // The alternatives of a schema entry name properties declared beside them.
      strictRequired: false,
      allowUnionTypes: true,
      ownProperties: true,
    })
    ajv.addVocabulary(['x-is', 'x-write', 'x-notYet'])
    compiled = ajv.compile(readJsonSchema())
  }
  compiled(value)
  return (compiled.errors ?? []) as readonly SchemaError[]
}
