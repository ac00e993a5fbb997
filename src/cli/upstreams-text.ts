import { styleText } from 'node:util'
import type { UpstreamView } from '../admin/index.js'

type Color = 'green' | 'yellow' | 'red'

const COLORS: Readonly<Record<string, Color>> = {
  READY: 'green',
  IDLE: 'yellow',
  CONNECTING: 'yellow',
  DRAINING: 'yellow',
  TRANSIENT_FAILURE: 'red',
  UNHEALTHY: 'red',
  EJECTED: 'red',
}

const TITLES = ['ADDRESS', 'STATE', 'WEIGHT', 'IN FLIGHT', 'EJECTIONS', 'SOURCE', 'SINCE', 'LAST ERROR']
const STATE_COLUMN = 1

/** A block for each upstream: its name and target, when discovery last spoke, and a table of its endpoints. */
export function formatUpstreams(views: readonly UpstreamView[], isColored: boolean): string {
  return views.map((view) => formatUpstream(view, isColored)).join('\n\n')
}

function formatUpstream({ name, target, resolvedAt, resolutionError, endpoints }: UpstreamView, isColored: boolean) {
  const lines = [`${name}  ${printable(target)}  ${heard(resolvedAt)}`]
  if (typeof resolutionError === 'string') lines.push(`  discovery failed: ${printable(resolutionError)}`)
  if (endpoints.length === 0) return [...lines, '  no endpoint'].join('\n')
  const rows = endpoints.map(({ address, state, weight, inFlight, ejections, source, since, lastError }) =>
    [address, state, weight, inFlight, ejections, source, since, lastError ?? '-'].map((cell) =>
      printable(String(cell)),
    ),
  )
  const widths = TITLES.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)))
  for (const row of [TITLES, ...rows]) {
    const cells = row.map((cell, column) => {
      const padded = cell.padEnd(widths[column]!)
      const color = isColored && column === STATE_COLUMN ? COLORS[cell] : undefined
      return color === undefined ? padded : styleText(color, padded, { validateStream: false })
    })
    lines.push(`  ${cells.join('  ')}`.trimEnd())
  }
  return lines.join('\n')
}

function heard(resolvedAt: string | null | undefined): string {
  return typeof resolvedAt === 'string' ? `resolved ${resolvedAt}` : 'not resolved yet'
}

/** Errors carry what strangers wrote: nothing of it steers the terminal. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
}
