import { markup, type Html } from '../html.js'
import type { ErrorView, LimitView, Readiness, RouteView, StatusView, UpstreamView } from '../types.js'
import { badge, checkRow, errorRow, limitRow, routeRow, upstreamRows, workerRow } from './rows.js'
import { table } from './table.js'

export interface StatusPage {
  readonly status: StatusView
  readonly readiness: Readiness
  readonly upstreams: readonly UpstreamView[]
  readonly limits: readonly LimitView[]
  readonly recentErrors: readonly ErrorView[]
  readonly routes: readonly RouteView[]
}

/** What an operator looks at first: whether it is ready and why not, then what it stands on, what went wrong, what it serves. */
export function statusPage(page: StatusPage): Html {
  const { status, readiness, upstreams, limits, recentErrors, routes } = page
  const failing = readiness.checks.filter(({ isOk }) => !isOk)
  return markup`${cards(page)}
    ${section(
      'refused',
      'The last reload was refused',
      'What was served before goes on being served.',
      status.lastErrors.length === 0
        ? undefined
        : markup`<div role="alert"><pre tabindex="0">${status.lastErrors.join('\n')}</pre></div>`,
    )}
    ${section(
      'not-ready',
      'Why it is not ready',
      '',
      failing.length === 0 ? undefined : table(failing.map(checkRow), { caption: 'Checks that fail' }),
    )}
    ${section('upstreams', 'Upstreams', '', table(upstreams.flatMap(upstreamRows), { caption: 'Upstreams and their endpoints' }))}
    ${section(
      'errors',
      'Recent errors',
      'Answers of 5xx, and warnings. The same ones are counted.',
      table(recentErrors.map(errorRow), { caption: 'Recent errors' }),
    )}
    ${section(
      'workers',
      'Workers',
      '',
      status.workers === undefined ? undefined : table(status.workers.map(workerRow), { caption: 'Workers' }),
    )}
    ${section('limits', 'Limits', '', table(limits.map(limitRow), { caption: 'Limits' }))}
    ${section(
      'routes',
      'Routes',
      '',
      table(routes.map(routeRow), { caption: 'Routes', filter: 'a path, a method, an upstream' }),
    )}
    <footer>
      The same as JSON: <code>curl /status</code>, <code>/upstreams</code>, <code>/routes</code>, <code>/config</code>
    </footer>`
}

/** Its parts are replaced one by one as they change. undefined: there is nothing to say. */
function section(id: string, title: string, note: string, content: Html | undefined): Html {
  if (content === undefined) return markup`<section id="${id}" hidden></section>`
  return markup`<section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    ${note === '' ? '' : markup`<p>${note}</p>`} ${content}
  </section>`
}

function cards({ status, readiness, upstreams }: StatusPage): Html {
  const endpoints = upstreams.flatMap((upstream) => upstream.endpoints)
  const up = endpoints.filter(({ state }) => state === 'READY' || state === 'IDLE').length
  const state = status.isDraining
    ? badge('draining', 'fair')
    : readiness.isReady
      ? badge('ready', 'good')
      : badge('not ready', 'bad')
  const facts: readonly (readonly [string, Html | string | number, string])[] = [
    ['state', state, `version ${status.version}`],
    ['generation', status.generation, `serving for ${lasting(status.ageSeconds)}`],
    ['uptime', lasting(status.uptimeSeconds), ''],
    ['endpoints', `${up} / ${endpoints.length}`, `up, of ${upstreams.length} upstreams`],
    ['routes', status.routes, `${status.methods} methods`],
    ['not served', status.unmappedMethods + status.unservedMethods, 'methods without a rule or an upstream'],
  ]
  return markup`<section id="cards" aria-label="At a glance">
    <dl class="cards">
      ${facts.map(
        ([name, value, note]) =>
          markup`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
            <dd class="note">${note}</dd>
          </div>`,
      )}
    </dl>
  </section>`
}

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const

/** `3 d 4 h`: the two largest units. */
export function lasting(seconds: number): string {
  const parts: string[] = []
  let rest = Math.max(0, Math.floor(seconds))
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0 || (unit === 's' && parts.length === 0)) parts.push(`${count} ${unit}`)
    else if (parts.length > 0) break
  }
  return parts.slice(0, 2).join(' ')
}
