import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import type * as ajv2020 from 'ajv/dist/2020.js'

type Validator = ajv2020.ValidateFunction
interface Standalone {
  default(ajv: ajv2020.Ajv2020, validator: Validator): string
}

const require = createRequire(import.meta.url)

const OPTIONS = {
  allErrors: true,
  verbose: true,
  useDefaults: true,
  strict: true,
  strictTypes: true,
  // The alternatives of a schema entry name properties declared beside them.
  strictRequired: false,
  allowUnionTypes: true,
  ownProperties: true,
} as const
const ANNOTATIONS = ['x-is', 'x-write', 'x-notYet']

/** What a validator is made of: two with one fingerprint are the same. */
export function fingerprintOf(schemaText: string): string {
  return createHash('sha256').update(JSON.stringify(OPTIONS)).update(schemaText).digest('hex')
}

/** Makes a validator of the schema, here and now: about 0.25 s of CPU. */
export function compileShape(schemaText: string): Validator {
  return newAjv().compile(JSON.parse(schemaText) as object)
}

/** The same as the text of a CommonJS module, for the build. */
export function shapeCode(schemaText: string): string {
  const ajv = newAjv({ source: true })
  const { default: write } = require('ajv/dist/standalone/index.js') as Standalone
  return write(ajv, ajv.compile(JSON.parse(schemaText) as object))
}

/** ajv is loaded here and no sooner: where the build has made the validator, nobody needs it. */
function newAjv(code?: { readonly source: true }): ajv2020.Ajv2020 {
  const { Ajv2020 } = require('ajv/dist/2020.js') as typeof ajv2020
  const ajv = new Ajv2020(code === undefined ? OPTIONS : { ...OPTIONS, code })
  ajv.addVocabulary(ANNOTATIONS)
  return ajv
}
