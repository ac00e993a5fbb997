import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { ValidateFunction } from 'ajv/dist/2020.js'
import { readSchemaText, type SchemaError } from './json-schema.js'
import { compileShape, fingerprintOf } from './shape-compiler.js'

/** What scripts/build-validator.mjs writes. */
export interface BuiltValidator {
  readonly validate: ValidateFunction
  /** Of the schema it was made of. */
  readonly fingerprint: string
}

let validator: ValidateFunction | undefined

/**
 * Checks a configuration against the published schema and fills in the defaults, in place.
 * @returns every error; none: the value is of the shape `WrittenConfig`
 */
export function validateShape(value: unknown): readonly SchemaError[] {
  validator ??= open(readSchemaText())
  validator(value)
  return (validator.errors ?? []) as readonly SchemaError[]
}

/** Compiling the schema would be a third of what a process takes to start: the build has done it, unless it is another schema. */
function open(schemaText: string): ValidateFunction {
  const path = fileURLToPath(new URL('./built-validator.cjs', import.meta.url))
  if (existsSync(path)) {
    const built = createRequire(import.meta.url)(path) as BuiltValidator
    if (built.fingerprint === fingerprintOf(schemaText)) return built.validate
  }
  return compileShape(schemaText)
}
