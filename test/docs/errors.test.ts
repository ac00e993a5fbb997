import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { EXCHANGE_REASONS } from '../../src/exchange/index.js'
import { codeName, httpStatusOf } from '../../src/status/index.js'
import { POLICY_REASONS } from '../../src/policies/index.js'
import type { ReasonRow } from '../../src/status/index.js'
import { TRANSCODE_REASONS } from '../../src/transcode/index.js'

/* docs/errors.md and the tables in the code say the same. */

const PAGE = readFileSync('docs/errors.md', 'utf8')
const REASONS: Readonly<Record<string, ReasonRow>> = {
  ...EXCHANGE_REASONS,
  ...POLICY_REASONS,
  ...TRANSCODE_REASONS,
}

/** Cells of every table row whose first cell matches. */
function rowsOf(first: RegExp): string[][] {
  return PAGE.split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter(([cell = '']) => first.test(cell))
}

const documented = rowsOf(/^`[A-Z_]+`$/).map(([reason = '', ...cells]) => ({ reason: reason.slice(1, -1), cells }))

describe('reasons', () => {
  test.each(Object.entries(REASONS))('%s is documented as it is', (reason, { code, httpStatus, meaning, advice }) => {
    const found = documented.filter((row) => row.reason === reason)
    const http = String(httpStatus ?? httpStatusOf(code))
    expect(found.map(({ cells }) => cells)).toEqual([[http, `${code} ${codeName(code)}`, meaning, advice]])
  })

  test('no other is', () => {
    expect(documented.map(({ reason }) => reason).filter((reason) => !(reason in REASONS))).toEqual([])
  })

  test('no reason is in both tables', () => {
    expect(Object.keys(EXCHANGE_REASONS).filter((reason) => reason in TRANSCODE_REASONS)).toEqual([])
  })

  test('the code gives no other', () => {
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
    const given = files.flatMap((name) =>
      [...readFileSync(join('src', name), 'utf8').matchAll(/(?:\breason: |transcodeError\(\s*)'([A-Z_]+)'/g)].map(
        ([, reason = '']) => reason,
      ),
    )
    expect(given.length).toBeGreaterThan(10)
    expect([...new Set(given)].filter((reason) => !(reason in REASONS))).toEqual([])
  })
})

describe('gRPC → HTTP', () => {
  test('the table has every code, with its name and status', () => {
    const rows = rowsOf(/^\d+$/).map((cells) => cells.slice(0, 3))
    const codes = Array.from({ length: 17 }, (_, code) => [String(code), codeName(code), String(httpStatusOf(code))])
    expect(rows).toEqual(codes)
  })
})
