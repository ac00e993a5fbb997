/** The pages a browser gets where a program gets JSON: one table each, nothing loaded from elsewhere. */

export type Cell = string | number | boolean
export type Row = Readonly<Record<string, Cell>>

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color:#1c2733}h1{font-size:1.3rem}
nav a{margin-right:1rem}table{border-collapse:collapse;margin-top:1rem}
th,td{text-align:left;padding:.3rem .9rem .3rem 0;border-bottom:1px solid #dde3e9;vertical-align:top}
td{font-family:ui-monospace,monospace;font-size:13px}`

/** A whole page with one table; the columns are the keys of the first row. */
export function tablePage(title: string, rows: readonly Row[]): string {
  const columns = Object.keys(rows[0] ?? {})
  const head = columns.map((column) => `<th>${escapeHtml(column)}</th>`).join('')
  const body = rows
    .map((row) => `<tr>${columns.map((column) => `<td>${escapeHtml(String(row[column]))}</td>`).join('')}</tr>`)
    .join('\n')
  const table =
    rows.length === 0
      ? '<p>nothing here</p>'
      : `<table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table>`
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>protobridge: ${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><h1>protobridge: ${escapeHtml(title)}</h1>
<nav><a href="/status">status</a><a href="/routes">routes</a><a href="/upstreams">upstreams</a><a href="/readyz?verbose">readiness</a></nav>
${table}</body></html>\n`
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
