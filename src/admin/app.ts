import express, { type Request, type Response } from 'express'
import type { RequestListener } from 'node:http'
import { guard, onAdminError } from './guard.js'
import { tablePage, type Row } from './html.js'
import type { AdminContext } from './types.js'
import { upstreamRows } from './upstream-rows.js'

/**
 * The admin app: probes, what is served and from where, and reload. JSON, or a page to a browser. Its type names nothing
 * of Express, whose types those who import the library may not have.
 */
export function createAdminApp(context: AdminContext): RequestListener {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.use(guard(() => context.config()))

  app.get('/livez', (_req, res) => void res.json({ status: 'ok' }))
  app.get(['/readyz', '/healthz'], async (req, res) => {
    const { isReady, checks } = await context.readiness()
    const isVerbose = 'verbose' in req.query
    const body = { status: isReady ? 'ok' : 'not ready', ...(isVerbose || !isReady ? { checks } : {}) }
    res.status(isReady ? 200 : 503)
    answer(req, res, 'readiness', body, () =>
      checks.map(({ name, isOk, detail }) => ({ check: name, ok: isOk, detail })),
    )
  })
  app.get('/status', async (req, res) => {
    const status = await context.status()
    answer(req, res, 'status', status, () =>
      Object.entries(status).map(([key, value]) => ({ key, value: shown(value) })),
    )
  })
  app.get('/routes', (req, res) => {
    const routes = context.routes()
    answer(req, res, 'routes', routes, () =>
      routes.map(({ hosts, reads, writes, ...route }) => ({
        ...route,
        hosts: hosts.join(', '),
        reads: reads.join(', '),
        writes: writes.join(', '),
      })),
    )
  })
  app.get('/upstreams', async (req, res) => {
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
    answer(req, res, 'upstreams', body, () => upstreams.flatMap(upstreamRows))
  })
  app.get('/', (_req, res) => res.redirect('/status'))
  app.post('/reload', async (_req, res) => {
    const result = await context.reload()
    res.status('errors' in result ? 422 : 200).json(result)
  })
  for (const path of ['/livez', '/readyz', '/healthz', '/status', '/routes', '/upstreams'])
    app.all(path, methodNotAllowed('GET, HEAD'))
  app.all('/reload', methodNotAllowed('POST'))
  app.use(
    (_req, res) =>
      void res.status(404).json({ error: 'no such page: see /status, /routes, /upstreams, /readyz, /livez' }),
  )
  app.use(onAdminError)
  return app
}

/** A value in a cell of a page. */
function shown(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function answer(req: Request, res: Response, title: string, body: unknown, rows: () => readonly Row[]): void {
  res.setHeader('cache-control', 'no-store')
  if (req.accepts(['json', 'html']) === 'html') res.type('html').send(tablePage(title, rows()))
  else res.json(body)
}

function methodNotAllowed(allow: string) {
  return (_req: Request, res: Response): void => {
    res
      .status(405)
      .setHeader('allow', allow)
      .json({ error: `use ${allow}` })
  }
}
