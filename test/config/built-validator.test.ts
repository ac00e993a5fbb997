import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { readSchemaText } from '../../src/config/json-schema.js'
import { compileShape, fingerprintOf } from '../../src/config/shape-compiler.js'
import type { BuiltValidator } from '../../src/config/validate-shape.js'

/*
 * What the build makes of the schema says the same as the schema does, word for word.
 */

const folder = mkdtempSync(join(tmpdir(), 'protobridge-validator-'))
const file = join(folder, 'validator.cjs')
const schema = readSchemaText()
const compiled = compileShape(schema)
let built: BuiltValidator

const write = (): void => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/build-validator.mjs', file], { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
}
beforeAll(() => {
  write()
  // It asks for ajv's run time, as it does in dist/.
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replaceAll('require("ajv/', `require("${process.cwd()}/node_modules/ajv/`),
  )
  built = createRequire(import.meta.url)(file) as BuiltValidator
})
afterAll(() => rmSync(folder, { recursive: true }))

const CASES: readonly (readonly [name: string, yaml: string])[] = [
  ['nothing', '{}'],
  ['a text', 'nonsense'],
  ['what `npm start` serves', readFileSync('protobridge.yaml', 'utf8')],
  ['that of examples/secured', readFileSync('examples/secured/protobridge.yaml', 'utf8')],
  ['that of the stack', readFileSync('deploy/stack/gateway.yaml', 'utf8')],
  ['an unknown key', 'schemas: []'],
  ['wrong types', 'listen: { port: many }\nworkers: 1.5\nupstreams: []\npolicies: {}'],
  ['wrong units', 'upstreams: { a: { target: "dns:///a:1", maxResponseBytes: 4XB } }\ndrain: soon'],
  ['what is missing', 'schema: [{}]\nupstreams: { a: {} }\nauth: { providers: { a: {} } }'],
  ['several alternatives', 'schema: [{ protos: [a], descriptors: b }]\nmappings: 5\ntelemetry: { traces: no }'],
]

describe('the built validator', () => {
  test.each(CASES)('says of %s what the schema says, and fills in the same', (_, yaml) => {
    const [one, other] = [parse(yaml) as unknown, parse(yaml) as unknown]
    expect(built.validate(one)).toBe(compiled(other))
    expect(built.validate.errors).toEqual(compiled.errors)
    expect(one).toEqual(other)
  })

  test('has the fingerprint of the schema, and another schema has another', () => {
    expect(built.fingerprint).toBe(fingerprintOf(schema))
    expect(fingerprintOf(`${schema} `)).not.toBe(built.fingerprint)
  })

  test('is written anew where what is there is of another schema, and only then', () => {
    write()
    const good = readFileSync(file, 'utf8')
    const kept = `${good}// kept`
    writeFileSync(file, kept)
    write()
    expect(readFileSync(file, 'utf8')).toBe(kept)
    writeFileSync(file, kept.replace(fingerprintOf(schema), 'other'))
    write()
    expect(readFileSync(file, 'utf8')).toContain(fingerprintOf(schema))
  })
})
