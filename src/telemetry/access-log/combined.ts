import type { LogEntry } from './entry.js'
import { bareText, quotedText } from './escape.js'
import { apacheTimes } from './times.js'

/**
 * Apache's "combined" format, with request and trace id at its end:
 * `%h %l %u [%t] "%r" %>s %b "%{Referer}i" "%{User-agent}i" requestId traceId`
 * (https://httpd.apache.org/docs/2.4/mod/mod_log_config.html). The request line is without its query.
 */
export function combinedLines(): (entry: LogEntry) => string {
  const time = apacheTimes()
  return (entry) => {
    const user = entry.identity === undefined ? '-' : bareText(entry.identity)
    const bytes = entry.bytesOut === 0 ? '-' : String(entry.bytesOut)
    return (
      `${bareText(entry.client)} - ${user} [${time(entry.startedMs)}] "${requestLine(entry)}" ${entry.status} ${bytes} ` +
      `"${quoted(entry.referer)}" "${quoted(entry.userAgent)}" ${bareText(entry.requestId)} ${entry.traceId ?? '-'}\n`
    )
  }
}

function requestLine({ method, path, protocol }: LogEntry): string {
  if (method === undefined) return '-'
  return quotedText(`${method} ${path ?? '-'} ${protocol ?? '-'}`)
}

const quoted = (text: string | undefined): string => (text === undefined || text === '' ? '-' : quotedText(text))
