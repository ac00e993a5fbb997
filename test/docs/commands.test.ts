import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { looseCommandsOf, readPages, type Step } from './pages.js'
import { Terminals } from './terminal.js'

/*
 * What the pages tell to do works, and what they show is what comes: every command of a `sh` or `console` block is run, in
 * order, in a copy of the checkout; its exit status is 0 unless a refusal is shown, and its output as shown.
 */

/** What is not run, and why. Whatever is not in this list is. */
const NOT_RUN: readonly { readonly command: RegExp; readonly why: string }[] = [
  { command: /^npm test /, why: 'it is what runs this' },
  { command: /^npm run stack/, why: 'test/stack runs it' },
  { command: /^docker (?:build|run|compose) /, why: 'no Docker engine; test/deploy looks at the files' },
  { command: /^token=\$\(curl [^]*\/token/, why: 'asks what docker compose starts' },
  { command: /^curl -H "Authorization: Bearer \$token"/, why: 'asks what docker compose starts' },
  { command: /^kubectl (?:create|apply) /, why: 'no cluster; test/deploy looks at the files' },
]

/** Somebody who types is slower than a reload, a check of Consul's or a first look at an endpoint. */
const PATIENCE_MS = 15_000
const PAUSE_MS = 250

const PAGES = readPages()
const whyNot = (line: string): string | undefined => NOT_RUN.find(({ command }) => command.test(line))?.why
const titleOf = (step: Step): string =>
  step.kind === 'file' ? `writes ${step.name}` : step.line.split('\n')[0]!.slice(0, 160)

const needs: readonly (readonly [program: string, command: RegExp, isThere: boolean])[] = [
  ['curl', /\bcurl\b/, spawnSync('curl', ['--version']).status === 0],
  ['consul', /consul\b|127\.0\.0\.1:(?:8500|8081|9902)\b/, existsSync('.tools/consul/consul')],
]
const lacks = (line: string): string | undefined =>
  needs.find(([, command, isThere]) => !isThere && command.test(line))?.[0]

function patternOf(output: string): RegExp {
  const parts = output.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^]*?')}$`)
}

/** A command whose refusal is shown ends with a code of its own. */
const showsRefusal = (output: string): boolean => /^refused /m.test(output)

let terminals: Terminals
beforeAll(async () => {
  terminals = await Terminals.open()
})
afterAll(() => terminals.close())

/** Where one step of a page has failed, the others are not waited for. */
let isHopeless = false

async function follow(step: Step): Promise<void> {
  if (step.kind === 'file') return terminals.write(step.name, step.text)
  const { line, output } = step
  const pattern = output === undefined ? undefined : patternOf(terminals.translate(output))
  const until = Date.now() + (isHopeless ? 0 : PATIENCE_MS)
  for (;;) {
    const { code, stdout, stderr } = await terminals.run(line)
    // Lines of HTTP end in CR LF.
    const told = stdout.replaceAll('\r', '').trim()
    const isAsShown = pattern === undefined || pattern.test(told)
    if (isAsShown && (code === 0 || (output !== undefined && showsRefusal(output)))) return
    if (Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
      continue
    }
    isHopeless = true
    expect({ code, stderr, told }).toMatchObject({ code: 0, told: expect.stringMatching(pattern ?? '') })
    throw new Error(`it was refused, which the page does not show: ${told}`)
  }
}

describe.each(PAGES.filter(({ steps }) => steps.some(({ kind }) => kind === 'command')))('$path', ({ path, steps }) => {
  beforeAll(async () => {
    isHopeless = false
    await terminals.prepare(steps.map((step) => (step.kind === 'file' ? step.text : step.line)).join('\n'))
  })
  afterAll(() => terminals.endOwn())

  for (const step of steps) {
    const line = step.kind === 'command' ? step.line : ''
    const missing = lacks(line)
    if (whyNot(line) !== undefined) continue
    if (missing !== undefined) test.skip(`skipped: no ${missing} binary: ${titleOf(step)}`, () => undefined)
    else test(titleOf(step), () => follow(step), 90_000)
  }

  test('has no command outside of a block', () => {
    expect(looseCommandsOf(path)).toEqual([])
  })
})

describe('what is not run', () => {
  const lines = PAGES.flatMap(({ steps }) => steps.flatMap((step) => (step.kind === 'command' ? [step.line] : [])))

  test.each(NOT_RUN)('is still on a page: $command ($why)', ({ command }) => {
    expect(lines.some((line) => command.test(line))).toBe(true)
  })
})
