import express, { type Request, type RequestHandler, type Response } from 'express'
import type { RequestListener } from 'node:http'
import { stringify } from 'yaml'
import { ASSETS } from './assets/index.js'
import { guard, onAdminError } from './guard.js'
import { markup, type Html } from './html.js'
import { limitsOf } from './limits.js'
import { putLogLevel, readLevel } from './log-level.js'
import { inOriginForm } from './origin-form.js'
import { framed } from './pages/frame.js'
import { checkRow, routeRow, upstreamRows } from './pages/rows.js'
import { statusPage } from './pages/status-page.js'
import { table } from './pages/table.js'
import type { AdminContext } from './types.js'

/** Pages load what the admin port itself has, and run nothing that is written in them. */
const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}

/**
 * The admin app: probes, what is served and from where, and reload. JSON, or a page to a browser. Its type names nothing
 * of Express, whose types those who import the library may not have.
 */
export function createAdminApp(context: AdminContext): RequestListener {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.use((_req, res, next) => {
    res.set(SECURITY_HEADERS)
    next()
  })
  app.use(guard(() => context.config()))

  const get = (path: string | readonly string[], handler: RequestHandler): void => {
    for (const each of [path].flat()) app.get(each, handler).all(each, methodNotAllowed('GET, HEAD'))
  }
  get('/livez', (_req, res) => void res.json({ status: 'ok' }))
  get(['/readyz', '/healthz'], async (req, res) => {
    const { isReady, checks } = await context.readiness()
    const isVerbose = 'verbose' in req.query
    const body = { status: isReady ? 'ok' : 'not ready', ...(isVerbose || !isReady ? { checks } : {}) }
    res.status(isReady ? 200 : 503)
    answer(req, res, 'Readiness', body, () => live(table(checks.map(checkRow), { caption: 'Checks' })))
  })
  get('/status', async (req, res) => {
    const [status, recentErrors] = await Promise.all([context.status(), context.recentErrors()])
    const limits = limitsOf(context.shownConfig())
    if (!wantsPage(req)) return void res.json({ ...status, limits, recentErrors })
    const [readiness, upstreams, routes] = await Promise.all([
      context.readiness(),
      context.upstreams(),
      context.routes(),
    ])
    sendPage(req, res, 'Status', statusPage({ status, readiness, upstreams, limits, recentErrors, routes }))
  })
  get('/metrics', async (_req, res) => {
    const text = await context.prometheus()
    if (text === undefined) {
      return void res.status(404).json({ error: 'metrics are not told here: set telemetry.metrics to prometheus' })
    }
    // node:http's own way: Express would put the charset before the version.
    res.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8')
    res.end(text)
  })
  get('/routes', async (req, res) => {
    const routes = await context.routes()
    const options = { caption: 'Routes', filter: 'a path, a method, an upstream' }
    answer(req, res, 'Routes', routes, () => live(table(routes.map(routeRow), options)))
  })
  get('/upstreams', async (req, res) => {
    const upstreams = await context.upstreams()
    const body = upstreams.map(({ endpoints, ...upstream }) => ({
      ...upstream,
      resolutionError: upstream.resolutionError ?? null,
      resolvedAt: upstream.resolvedAt ?? null,
      endpoints: endpoints.map((endpoint) => ({
        ...endpoint,
        lastError: endpoint.lastError ?? null,
        zone: endpoint.zone ?? null,
      })),
    }))
    const options = { caption: 'Upstreams and their endpoints' }
    answer(req, res, 'Upstreams', body, () => live(table(upstreams.flatMap(upstreamRows), options)))
  })
  get('/config', (req, res) => {
    const config = context.shownConfig()
    answer(req, res, 'Configuration', config, () => {
      const note = 'With its defaults. Secrets are masked; what the environment gives is shown as it is written.'
      return live(
        markup`<p>${note}</p>
          <pre tabindex="0">${stringify(config)}</pre>`,
      )
    })
  })
  get('/', (_req, res) => res.redirect('/status'))
  for (const [path, [type, text]] of Object.entries(ASSETS)) get(path, (_req, res) => void res.type(type).send(text))

  app.post('/reload', async (_req, res) => {
    const result = await context.reload()
    res.status('errors' in result ? 422 : 200).json(result)
  })
  app.all('/reload', methodNotAllowed('POST'))
  app.get('/log-level', (_req, res) => void res.json({ level: context.logLevel() }))
  app.put('/log-level', readLevel, (req: Request, res) => putLogLevel(req.body, context, res))
  app.all('/log-level', methodNotAllowed('GET, HEAD, PUT'))
  app.use(
    (_req, res) =>
      void res.status(404).json({
        error: 'no such page: see /status, /routes, /upstreams, /config, /metrics, /readyz, /livez, /log-level',
      }),
  )
  app.use(onAdminError)
  return inOriginForm(app, (res, error) => {
    res.writeHead(400, { ...SECURITY_HEADERS, 'content-type': 'application/json; charset=utf-8', connection: 'close' })
    res.end(JSON.stringify({ error }))
  })
}

/** A part of a page that is replaced as it changes. */
const live = (content: Html): Html => markup`<section id="only">${content}</section>`

const wantsPage = (req: Request): boolean => req.accepts(['json', 'html']) === 'html'

function answer(req: Request, res: Response, title: string, body: unknown, content: () => Html): void {
  if (wantsPage(req)) sendPage(req, res, title, content())
  else res.json(body)
}

function sendPage(req: Request, res: Response, title: string, content: Html): void {
  res.type('html').send(framed(title, req.path, content))
}

function methodNotAllowed(allow: string) {
  return (_req: Request, res: Response): void => {
    res
      .status(405)
      .setHeader('allow', allow)
      .json({ error: `use ${allow}` })
  }
}
