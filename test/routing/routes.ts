import { parseTemplate } from '../../src/mapping/index.js'
import { canonicalPath, createRouter, type RouteEntry, type Router } from '../../src/routing/index.js'

/** A route in one line, `GET /v1/{name}`, that is its own value; with hosts and prefix where a test needs them. */
export interface RouteText {
  readonly route: string
  readonly hosts?: readonly string[]
  readonly prefix?: string
}

export function entryOf(text: string | RouteText): RouteEntry<string> {
  const { route, hosts = [], prefix = '' } = typeof text === 'string' ? { route: text } : text
  const [httpMethod, source] = route.split(' ')
  const parsed = parseTemplate(source!)
  if ('error' in parsed) throw new Error(`${route}: ${parsed.error}`)
  return {
    httpMethod: httpMethod!,
    template: parsed.template,
    hosts,
    prefix,
    value: hosts.concat(prefix, route).filter(Boolean).join(' '),
  }
}

export function routerOf(...texts: (string | RouteText)[]): Router<string> {
  return createRouter(texts.map(entryOf))
}

/** The outcome in one line: the route and its captures, `405` and what is allowed, or `404`. */
export function outcome(router: Router<string>, request: string, host = ''): string {
  const [httpMethod, path] = request.split(' ')
  const match = router.match(httpMethod!, host, canonicalPath(path!))
  switch (match.kind) {
    case 'match':
      return [match.value, ...match.captures.map((text) => `<${text}>`)].join(' ')
    case 'methodNotAllowed':
      return `405 ${match.allow.join(', ')}`
    case 'notFound':
      return '404'
  }
}
