import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { protobridge } from '../support/command.js'
import { Project } from '../support/project.js'

/*
 * What is loaded is most of what a command takes to start: each loads what it needs, and no more.
 */

const project = new Project()
afterAll(() => project.remove())

const NOTES = JSON.stringify(join(project.path, 'loaded'))

/** Notes what is imported, in a thread of its own, as Node has it for such hooks, and at the end what is required. */
const HOOK = `
import { appendFileSync } from 'node:fs'
import { createRequire, register } from 'node:module'
const { cache } = createRequire(import.meta.url)
process.on('exit', () => appendFileSync(${NOTES}, Object.keys(cache).join('\\n')))
register('data:text/javascript,' + encodeURIComponent(\`
import { appendFileSync } from 'node:fs'
export async function load(url, context, next) {
  appendFileSync(${NOTES}, url + '\\\\n')
  return next(url, context)
}\`))
`

// The last step of a build, which a build by hand may lack.
beforeAll(() => {
  expect(spawnSync(process.execPath, ['scripts/build-validator.mjs']).status).toBe(0)
})
beforeEach(() => {
  project.write('loaded', '')
  project.write('hook.mjs', HOOK)
})

/** Modules that a run of the command has loaded: `cli/main.js`, `ajv/dist/2020.js`. */
async function loadedBy(args: readonly string[]): Promise<string[]> {
  const hook = join(project.path, 'hook.mjs')
  const { code } = await protobridge(args, { env: { NODE_OPTIONS: `--import ${hook}` } })
  expect(code).toBe(0)
  const urls = readFileSync(join(project.path, 'loaded'), 'utf8').split('\n')
  return urls.flatMap((url) => /\/(?:node_modules|dist\/src)\/(.*)$/.exec(url)?.[1] ?? [])
}

describe('what the command loads', () => {
  test.each([{ args: ['--version'] }, { args: ['--help'] }, { args: ['serve', '--help'] }])(
    '$args: itself and its version',
    async ({ args }) => {
      const loaded = await loadedBy(args)
      const folders = new Set(loaded.map((module) => module.split('/')[0]))
      expect([...folders].sort()).toEqual(['cli', 'commander', 'fastest-levenshtein', 'problems', 'version'])
    },
  )

  test('check: no compiler of the JSON Schema, no client of Redis, no writer of XML Schemas', async () => {
    const loaded = await loadedBy(['check', '--config', 'protobridge.yaml'])
    expect(loaded).toContain('snapshot/index.js')
    expect(loaded).toContain('config/built-validator.cjs')
    expect(
      loaded.filter((module) => /^(?:ajv\/dist\/(?!runtime\/)|ioredis|rate-limiter|fast-xml)/.test(module)),
    ).toEqual([])
  })
})
