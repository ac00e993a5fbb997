import type { LogEntry } from './entry.js'
import { bareText, quotedText } from './escape.js'
import { keptPart, line, putText, type LinePart } from './line-parts.js'
import { apacheTimes } from './times.js'

/**
 * Apache's "combined" format, with request and trace id at its end:
 * `%h %l %u [%t] "%r" %>s %b "%{Referer}i" "%{User-agent}i" requestId traceId`
 * (https://httpd.apache.org/docs/2.4/mod/mod_log_config.html). The request line is without its query.
 */
export function combinedLines(): LinePart {
  const time = apacheTimes()
  return line([
    keptPart(
      [({ client }) => client, ({ identity }) => identity, ({ startedMs }) => Math.floor(startedMs / 1000)],
      ({ client, identity, startedMs }) =>
        `${bareText(client)} - ${identity === undefined ? '-' : bareText(identity)} [${time(startedMs)}] "`,
    ),
    keptPart([({ method }) => method, ({ path }) => path, ({ protocol }) => protocol], requestLine),
    keptPart(
      [({ status }) => status, ({ bytesOut }) => bytesOut, ({ referer }) => referer, ({ userAgent }) => userAgent],
      ({ status, bytesOut, referer, userAgent }) =>
        `" ${status} ${bytesOut === 0 ? '-' : bytesOut} "${quoted(referer)}" "${quoted(userAgent)}" `,
    ),
    ({ requestId }, bytes, at) => putText(bareText(requestId), bytes, at),
    keptPart([({ traceId }) => traceId], ({ traceId }) => ` ${traceId ?? '-'}\n`),
  ])
}

function requestLine({ method, path, protocol }: LogEntry): string {
  if (method === undefined) return '-'
  return quotedText(`${method} ${path ?? '-'} ${protocol ?? '-'}`)
}

const quoted = (text: string | undefined): string => (text === undefined || text === '' ? '-' : quotedText(text))
