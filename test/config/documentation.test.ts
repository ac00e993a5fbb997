import { afterAll, describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { type SchemaNode, readJsonSchema } from '../../src/config/json-schema.js'
import { Folder, MINIMAL } from './fixture.js'

const folder = new Folder()
afterAll(() => folder.remove())

const docs = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')
const root = readJsonSchema()

interface Key {
  readonly path: string
  readonly default: unknown
  readonly isRequired: boolean
  readonly isAvailable: boolean
}

/** Every key the schema has, by path: `listen[].port`, `upstreams.NAME.target`; those of mappings within it too. */
function keysOf(node: SchemaNode & { required?: readonly string[] }, path: string): Key[] {
  const out: Key[] = []
  for (const [name, child] of Object.entries(node.properties ?? {})) {
    const target = { ...root.$defs?.[child.$ref?.replace('#/$defs/', '') ?? ''], ...child }
    const here = path === '' ? name : `${path}.${name}`
    const isAvailable = target['x-notYet'] === undefined || target.default !== undefined
    out.push({ path: here, default: target.default, isRequired: node.required?.includes(name) === true, isAvailable })
    out.push(...keysOf(target, here))
    for (const [inner, suffix] of [[target.items, '[]'] as const, [target.additionalProperties, '.NAME'] as const]) {
      if (typeof inner !== 'object') continue
      out.push(...keysOf(root.$defs?.[inner.$ref?.replace('#/$defs/', '') ?? ''] ?? inner, here + suffix))
    }
    if (name === 'listen') out.push(...keysOf(root.$defs!['listener']!, 'listen[]'))
  }
  return out
}

const keys = keysOf(root, '')
const available = keys.filter(({ isAvailable }) => isAvailable)
const rows = new Map(
  [...docs.matchAll(/^\| `([^`]+)` +\| .* \| +(`[^`]*`|—|required) +\| .*\|$/gm)].map((row) => [row[1]!, row[2]!]),
)
/** Keys that hold others: a section of the page, not a row. */
const isSection = (path: string): boolean =>
  keys.some((key) => key.path.startsWith(`${path}.`) || key.path.startsWith(`${path}[]`))

describe('the documentation', () => {
  test('has a row for each key that works, and for none that does not', () => {
    const documented = available.map(({ path }) => path).filter((path) => rows.has(path) || !isSection(path))
    expect([...rows.keys()].sort()).toEqual(documented.sort())
    expect(rows.size).toBeGreaterThan(45)
  })

  test.each(available.filter(({ path }) => rows.has(path)))('$path has the default of the schema', (key) => {
    const written = rows.get(key.path)
    if (key.isRequired) expect(written).toBe('required')
    else if (key.default === undefined) expect(written).toBe('—')
    else expect(parse(written!.slice(1, -1))).toEqual(key.default)
  })

  test('names each key that does not work yet among what is not there', () => {
    const planned = docs.includes('## Not there yet') ? docs.slice(docs.indexOf('## Not there yet')) : ''
    const missing = keys.filter(
      ({ path, isAvailable }) => !isAvailable && !planned.includes(path.split(/[.[]/).at(-1)!),
    )
    expect(missing).toEqual([])
  })

  const examples = [...docs.matchAll(/```yaml\n(.*?)```/gs)]
    .map((match) => match[1]!)
    .filter((text) => !text.startsWith('#'))
  test.each(examples)('its example is taken: %s', (text) => {
    for (const name of ['ca.pem', 'client.pem']) folder.write(name, readFileSync(`${folder.path}/cert.pem`))
    folder.write('client-key.pem', readFileSync(`${folder.path}/key.pem`))
    folder.write('mappings/a.yaml', '')
    const has = parse(text) as Record<string, unknown>
    const rest = MINIMAL.split('\n')
      .filter((line) => !((line.split(':')[0] ?? '') in has))
      .join('\n')
    const withCatalog = text.includes('reflection: catalog')
      ? rest.replace('upstreams: {', 'upstreams: { catalog: { target: "dns:///c" },')
      : rest
    const { errors } = folder.load(`${text}\n${withCatalog}`, 'gw.yaml', { env: { ADMIN_TOKEN: 't' } })
    expect(errors).toEqual([])
  })
})

describe('the published schema', () => {
  test('describes every key that works', () => {
    const undescribed: string[] = []
    const walk = (node: SchemaNode & { description?: string }, path: string): void => {
      for (const [name, child] of Object.entries(node.properties ?? {}) as [
        string,
        SchemaNode & { description?: string },
      ][]) {
        const target = { ...root.$defs?.[child.$ref?.replace('#/$defs/', '') ?? ''], ...child } as SchemaNode & {
          description?: string
        }
        const isOff = target['x-notYet'] !== undefined || /^(edge|auth|headers)/.test(path)
        if (!isOff && target.description === undefined) undescribed.push(`${path}.${name}`)
        walk(child, `${path}.${name}`)
      }
    }
    walk(root, '')
    for (const [name, node] of Object.entries(root.$defs ?? {})) if (name !== 'noHeaders') walk(node, name)
    expect(undescribed.filter((path) => !/\.(edge|auth|headers)\./.test(path))).toEqual([])
  })

  test('is strict everywhere', () => {
    const open: string[] = []
    const walk = (node: unknown, path: string): void => {
      if (typeof node !== 'object' || node === null) return
      if ('properties' in node && !('additionalProperties' in node)) open.push(path)
      for (const [key, child] of Object.entries(node)) walk(child, `${path}/${key}`)
    }
    walk(root, '#')
    expect(open).toEqual([])
  })

  test('takes its own examples', () => {
    const errors = Object.entries(root.properties ?? {}).flatMap(([key, node]) =>
      (node.examples ?? []).flatMap((example) => {
        const whole = { ...(parse(MINIMAL) as object), [key]: example }
        return folder.normalize(whole).errors.filter((line) => !/cannot be read|no upstream is named/.test(line))
      }),
    )
    expect(errors).toEqual([])
  })
})
