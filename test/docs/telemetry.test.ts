import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { LOG_FIELDS } from '../../src/telemetry/access-log/json-lines.js'
import { METRICS } from '../../src/telemetry/metrics/catalogue.js'

/* docs/telemetry.md and the tables in the code say the same. */

const PAGE = readFileSync('docs/telemetry.md', 'utf8')

/** The rows of the table that has this head, as cells. */
function rowsOf(head: string): string[][] {
  const lines = PAGE.split('\n')
  const start = lines.findIndex((line) => line.replaceAll(/\s+/g, ' ') === head)
  const after = lines.slice(start + 2)
  return after
    .slice(
      0,
      after.findIndex((line) => !line.startsWith('|')),
    )
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

describe('docs/telemetry.md', () => {
  test('has every field of the access log, the usual ones first', () => {
    expect(rowsOf('| field | what it tells |')).toEqual(LOG_FIELDS.map(({ name, meaning }) => [`\`${name}\``, meaning]))
    const extras = LOG_FIELDS.slice(-4)
    expect(LOG_FIELDS.filter(({ isExtra }) => isExtra === true)).toEqual(extras)
  })

  test('has every metric', () => {
    expect(rowsOf('| metric | kind | unit | what it tells | told apart by |')).toEqual(
      METRICS.map(({ name, kind, unit, meaning, attributes }) => [
        `\`${name}\``,
        kind,
        `\`${unit}\``,
        meaning,
        attributes.map((attribute) => `\`${attribute}\``).join(', '),
      ]),
    )
  })

  test('shows a line as it is', () => {
    const [, shown = ''] = /```json\n(\{"time".*)\n```/.exec(PAGE)!
    expect(Object.keys(JSON.parse(shown) as object)).toEqual(
      LOG_FIELDS.filter(({ isExtra }) => isExtra !== true).map(({ name }) => name),
    )
  })
})
