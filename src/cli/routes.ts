import type { RouteView } from '../admin/index.js'
import { describeRoutes } from '../gateway/index.js'
import { withSnapshot } from './load-once.js'
import { sourceOf, type SourceOptions } from './source.js'

/** `protobridge routes`: what is served, as a table or JSON. */
export async function routes(options: SourceOptions & { readonly json?: boolean }): Promise<void> {
  const views = await withSnapshot(sourceOf(options), describeRoutes)
  console.log(options.json === true ? JSON.stringify(views, null, 2) : formatTable(views))
}

const COLUMNS: readonly (readonly [title: string, cell: (view: RouteView) => string])[] = [
  ['METHOD', ({ method }) => method],
  ['PATH', ({ path, hosts }) => (hosts.length === 0 ? path : `${path}  [${hosts.join(', ')}]`)],
  ['RPC', ({ rpc, streaming }) => (streaming === '' ? rpc : `${rpc} (${streaming}: 501)`)],
  ['BODY', ({ body }) => body || '-'],
  ['SOURCE', ({ source }) => source],
  ['READS', ({ reads }) => reads.join(', ') || '-'],
  ['WRITES', ({ writes }) => writes.join(', ') || '-'],
]

function formatTable(views: readonly RouteView[]): string {
  const rows = [COLUMNS.map(([title]) => title), ...views.map((view) => COLUMNS.map(([, cell]) => cell(view)))]
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
