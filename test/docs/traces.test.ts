import { describe, expect, test } from '@jest/globals'
import * as stable from '@opentelemetry/semantic-conventions'
import * as incubating from '@opentelemetry/semantic-conventions/incubating'
import { readFileSync } from 'node:fs'
import {
  CLIENT_ATTRIBUTES,
  OLD_CLIENT_ATTRIBUTES,
  SERVER_ATTRIBUTES,
  SPAN_EVENTS,
} from '../../src/telemetry/traces/attributes.js'

/* The tables of docs/telemetry.md are made from the code. */

const page = readFileSync('docs/telemetry.md', 'utf8')

/** The table that follows a mark. */
function tableAfter(mark: string): string {
  return /^\n*((?:\|.*\n)*)/.exec(page.split(`<!-- ${mark} -->\n`)[1] ?? '')![1]!
}

function tableOf(heading: string, rows: Readonly<Record<string, string>>): string {
  const lines = Object.entries(rows).map(([name, meaning]) => `| \`${name}\` | ${meaning} |\n`)
  return `| ${heading} | says |\n| --- | --- |\n${lines.join('')}`
}

describe('docs/telemetry.md', () => {
  test.each([
    { mark: 'server attributes', heading: 'attribute', rows: SERVER_ATTRIBUTES },
    { mark: 'client attributes', heading: 'attribute', rows: CLIENT_ATTRIBUTES },
    { mark: 'old client attributes', heading: 'attribute', rows: OLD_CLIENT_ATTRIBUTES },
    { mark: 'events', heading: 'event', rows: SPAN_EVENTS },
  ])('has the table of $mark that the code has', ({ mark, heading, rows }) => {
    expect(tableAfter(mark)).toBe(tableOf(heading, rows))
  })

  test('attributes without protobridge. are of the semantic conventions, and stable but for two', () => {
    const named = (all: object): ReadonlySet<unknown> =>
      new Set(Object.entries(all).flatMap(([key, name]) => (key.startsWith('ATTR_') ? [name as unknown] : [])))
    const names = [...Object.keys(SERVER_ATTRIBUTES), ...Object.keys(CLIENT_ATTRIBUTES)]
    const others = names.filter((name) => !name.startsWith('protobridge.') && !named(stable).has(name))
    expect(others).toEqual(['enduser.id', 'rpc.response.status_code'])
    for (const name of others) expect(named(incubating)).toContain(name)
  })
})
