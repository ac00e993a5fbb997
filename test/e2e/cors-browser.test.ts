import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { hasChromium, openChromium } from '../support/chromium.js'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { Project } from '../support/project.js'
import { RecordingProxy } from '../support/recording-proxy.js'

/* `cors` as a browser takes it: pages of other origins in Chromium, over real sockets (Fetch standard). */

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const KEYS = `keys:
  - { id: ann, sha256: ${sha256('ann')}, scopes: [write] }
  - { id: bob, sha256: ${sha256('bob')} }
`
const HEADERS = ['x-api-key', 'content-type']
const EXPOSE = ['retry-after', 'ratelimit', 'www-authenticate']

/** What a page gets to see of an answer. */
interface Seen {
  readonly status?: number
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** The browser kept the answer from the page. */
  readonly error?: string
}

interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly credentials?: 'include' | 'omit'
}

async function openSite(): Promise<Server> {
  const server = createServer((_req, res) => res.setHeader('content-type', 'text/html').end('<title>page</title>'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

const originOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

const when = hasChromium() ? describe : describe.skip

when('pages of other origins, in Chromium', () => {
  let browser: Browser
  let upstream: EchoUpstream
  let project: Project
  let site: Server
  let gateway: TestGateway
  let proxy: RecordingProxy
  let page: Page
  /** Origins: of a page that may, and of one that may not. */
  let app = ''
  let evil = ''

  beforeAll(async () => {
    upstream = await startEchoUpstream()
    project = new Project({ 'keys.yaml': KEYS })
    site = await openSite()
    app = originOf(site)
    evil = app.replace('127.0.0.1', 'localhost')
    browser = await openChromium()
  }, 60_000)
  beforeEach(() => {
    upstream.calls = 0
  })
  afterEach(async () => {
    await page.context().close()
    proxy.stop()
    await gateway.stop()
  })
  afterAll(async () => {
    await browser.close()
    site.close()
    upstream.close()
    project.remove()
  })

  /** A gateway with these settings for all methods, and a page of an origin that has been opened. */
  async function open(settings: object, { origin = app, more = {} }: { origin?: string; more?: object } = {}) {
    gateway = await startGateway({
      ...echoConfig(upstream),
      auth: { providers: { keys: { apiKey: { header: 'x-api-key', file: `${project.path}/keys.yaml` } } } },
      policies: [{ select: '*', auth: { any: ['keys'] }, ...settings }],
      ...more,
    })
    proxy = await RecordingProxy.start(gateway.port)
    const context = await browser.newContext()
    page = await context.newPage()
    await page.goto(origin)
  }

  /** What the page gets of a request. */
  function ask(path: string, asked: Asked = {}): Promise<Seen> {
    return page.evaluate(
      async ([url, options]) => {
        try {
          const response = await fetch(url, options)
          const text = await response.text()
          return {
            status: response.status,
            json: (text === '' ? undefined : JSON.parse(text)) as unknown,
            headers: Object.fromEntries(response.headers),
          }
        } catch (error) {
          return { error: String(error) }
        }
      },
      [`http://127.0.0.1:${proxy.port}${path}`, asked] as const,
    )
  }

  const cors = (more: object = {}): object => ({ origins: [app], headers: HEADERS, expose: EXPOSE, ...more })
  const BLOCKED = { error: 'TypeError: Failed to fetch' }
  const ann = { 'x-api-key': 'ann' }

  test('read an answer, its body and the headers they may', async () => {
    await open({ cors: cors(), limits: [{ name: 'a', rate: '10/m', by: 'identity' }] })
    const body = '7'
    const seen = await ask('/v1/number', {
      method: 'PUT',
      headers: { ...ann, 'content-type': 'application/json' },
      body,
    })
    expect(seen).toMatchObject({ status: 200, json: 7, headers: { ratelimit: expect.stringMatching(/^"a";r=9/) } })
    // Not exposed, so not to be seen, though it was sent.
    expect(seen.headers).not.toHaveProperty('x-request-id')
    expect(seen.headers).not.toHaveProperty('ratelimit-policy')
  })

  test.each([
    { what: 'a good answer', key: 'ann', settings: {}, status: 200, json: { text: 'x' } },
    { what: 'no credentials', key: undefined, settings: {}, status: 401, json: { code: 16 } },
    { what: 'bad credentials', key: 'eve', settings: {}, status: 401, json: { code: 16 } },
    {
      what: 'a scope that is missing',
      key: 'bob',
      settings: { auth: { scopes: ['write'] } },
      status: 403,
      json: { code: 7 },
    },
    {
      what: 'an upstream that is away',
      key: 'ann',
      settings: { fault: { abort: { status: 'UNAVAILABLE' } } },
      status: 503,
      json: { code: 14 },
    },
    {
      what: 'an address that is refused',
      key: 'ann',
      settings: {},
      edge: { deny: ['127.0.0.1'] },
      status: 403,
      json: { code: 7 },
    },
  ])('read why they are refused: $what, $status', async ({ key, settings, edge, status, json }) => {
    await open({ cors: cors(), ...settings }, { more: edge === undefined ? {} : { edge } })
    // Asked without the header a page sends no preflight: an address that is refused gets no answer to one.
    const asked = edge !== undefined || key === undefined ? {} : { headers: { 'x-api-key': key } }
    expect(await ask('/v1/echo?text=x', asked)).toMatchObject({ status, json })
  })

  test('read that they are to wait, and how long; their preflights have not been counted', async () => {
    await open({ cors: cors({ maxAge: '0s' }), limits: [{ name: 'a', rate: '2/m', by: 'address' }] })
    const seen: Seen[] = []
    for (let i = 0; i < 3; i++) seen.push(await ask('/v1/echo', { headers: ann }))
    expect(seen.map(({ status }) => status)).toEqual([200, 200, 429])
    expect(Number(seen[2]!.headers!['retry-after'])).toBeGreaterThan(0)
    expect(seen[2]!.json).toMatchObject({ code: 8, details: [{ reason: 'LIMIT_REACHED' }] })
    expect(proxy.heads('OPTIONS')).toHaveLength(3)
  })

  test('preflights bring no credentials, and are asked for none', async () => {
    await open({ cors: cors({ credentials: true }) })
    expect((await ask('/v1/echo', { headers: ann, credentials: 'include' })).status).toBe(200)
    const [preflight, ...others] = proxy.heads('OPTIONS')
    expect(others).toEqual([])
    expect(preflight).toMatch(/^access-control-request-headers: x-api-key\r$/im)
    expect(preflight).not.toMatch(/^(?:x-api-key|cookie|authorization):/im)
  })

  test.each([
    { maxAge: '10m', preflights: 1 },
    { maxAge: '0s', preflights: 2 },
  ])('maxAge $maxAge: of two requests $preflights preflights', async ({ maxAge, preflights }) => {
    await open({ cors: cors({ maxAge }) })
    for (let i = 0; i < 2; i++) expect((await ask('/v1/echo', { headers: ann })).status).toBe(200)
    expect(proxy.heads('OPTIONS')).toHaveLength(preflights)
    expect(proxy.heads('GET')).toHaveLength(2)
  })

  describe('a page that may not', () => {
    test('does not get a preflighted request through: nothing reaches the upstream', async () => {
      await open({ cors: cors() }, { origin: evil })
      expect(await ask('/v1/echo', { headers: ann })).toEqual(BLOCKED)
      expect([proxy.heads('OPTIONS').length, proxy.heads('GET').length, upstream.calls]).toEqual([1, 0, 0])
    })

    test('cannot read what it gets without one', async () => {
      await open({ cors: cors(), auth: 'none' }, { origin: evil })
      expect(await ask('/v1/echo')).toEqual(BLOCKED)
      expect(upstream.calls).toBe(1)
    })

    test('nor any method without cors', async () => {
      await open({ auth: 'none' })
      expect(await ask('/v1/echo')).toEqual(BLOCKED)
      expect(await ask('/v1/number', { method: 'PUT' })).toEqual(BLOCKED)
    })
  })

  test('a header that is not listed keeps a request from being sent', async () => {
    await open({ cors: cors() })
    expect(await ask('/v1/echo', { headers: { ...ann, 'x-other': '1' } })).toEqual(BLOCKED)
    expect(upstream.calls).toBe(0)
  })

  test.each([
    { origins: 'any', credentials: false, with: 'omit', answer: { status: 200 } },
    { origins: 'any', credentials: false, with: 'include', answer: BLOCKED },
    { origins: 'any', credentials: true, with: 'include', answer: { status: 200 } },
    { origins: 'its own', credentials: false, with: 'include', answer: BLOCKED },
    { origins: 'its own', credentials: true, with: 'include', answer: { status: 200 } },
  ] as const)('origins: $origins, credentials: $credentials; a request with credentials: $with', async (row) => {
    const origins = row.origins === 'any' ? ['*'] : [app]
    await open({ cors: { origins, headers: ['*'], credentials: row.credentials }, auth: 'none' })
    // `*` would not cover authorization, nor anything with credentials: what is asked for is repeated.
    const headers = { authorization: 'x y', 'x-any': '1' }
    expect(await ask('/v1/echo', { headers, credentials: row.with })).toMatchObject(row.answer)
  })

  test('a page whose origin is null, in a sandbox', async () => {
    await open({ cors: { origins: ['null'] }, auth: 'none' })
    const frame = `<iframe sandbox="allow-scripts" srcdoc="<script>fetch('http://127.0.0.1:${proxy.port}/v1/echo')
      .then((answer) => parent.postMessage(answer.status, '*'), (error) => parent.postMessage(String(error), '*'))</script>"></iframe>`
    // As text: it is the browser that knows `document`.
    const seen = await page.evaluate(`new Promise((resolve) => {
      addEventListener('message', ({ data }) => resolve(data))
      document.body.innerHTML = ${JSON.stringify(frame)}
    })`)
    expect(seen).toBe(200)
  })

  test('what the browser has kept for a page of one origin is not what a page of another is given', async () => {
    const other = await openSite()
    const set = { 'cache-control': 'max-age=600' }
    const origins = [app, originOf(other)]
    try {
      await open({ cors: { origins }, auth: 'none', headers: { response: { set } } })
      // Both are of one site to the browser, which keeps answers by site: without `Vary: Origin` the second would be given that.
      for (const origin of origins) {
        await page.goto(origin)
        for (let i = 0; i < 2; i++)
          expect(await ask('/v1/echo?text=1')).toMatchObject({ status: 200, json: { text: '1' } })
      }
    } finally {
      other.close()
    }
    const asked = proxy.heads('GET').map((head) => /^origin: (.*)\r$/im.exec(head)?.[1])
    expect(asked).toEqual(origins)
  })
})
