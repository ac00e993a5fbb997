/**
 * The last step of a build: makes the validator of configurations from their JSON Schema, so that no process has to when it
 * starts. Writes nothing where what is there is of this schema.
 *
 *   node scripts/build-validator.mjs [FILE]
 *
 * FILE is where it goes; dist/src/config/built-validator.cjs where it is not said.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const file = process.argv[2] ?? join(root, 'dist/src/config/built-validator.cjs')
const { readSchemaText } = await import('../dist/src/config/json-schema.js')
const { fingerprintOf, shapeCode } = await import('../dist/src/config/shape-compiler.js')

const { version } = createRequire(import.meta.url)('ajv/package.json')
const schema = readSchemaText()
const mark = `// ${JSON.stringify({ ajv: version, schema: fingerprintOf(schema) })}`
if (!existsSync(file) || !readFileSync(file, 'utf8').startsWith(`${mark}\n`)) {
  const text = `${mark}\n${shapeCode(schema)}\nmodule.exports = { validate: module.exports, fingerprint: '${fingerprintOf(schema)}' }\n`
  writeFileSync(file, text)
}
