import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { complaintsOf, hasChromium, openChromium } from '../support/chromium.js'
import { until } from '../support/calls.js'
import { startExampleGateway, type TestGateway } from '../support/gateway.js'

const run = hasChromium() ? describe : describe.skip

/** A page, with all that the browser complained of: scripts, styles and requests that its policy refused included. */
interface Opened {
  readonly page: Page
  readonly complaints: readonly string[]
}

run('the pages of the admin port in a browser', () => {
  let gateway: TestGateway
  let browser: Browser
  let context: BrowserContext

  beforeAll(async () => {
    gateway = await startExampleGateway({
      policies: [
        { select: '*', limits: [{ name: 'flood', rate: '1000/s', burst: 200, by: 'address' }] },
        { select: 'inventory.v1.*', concurrency: { max: 50, by: 'address' } },
      ],
      upstreams: {
        library: { target: 'static:///127.0.0.1:1', services: ['library.v1.*'] },
        inventory: { target: 'static:///127.0.0.1:1,127.0.0.1:2', services: ['inventory.v1.*'] },
      },
    })
    browser = await openChromium()
    context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  }, 30_000)
  afterAll(async () => {
    await browser?.close()
    await gateway?.stop()
  })

  async function open(path: string): Promise<Opened> {
    const page = await context.newPage()
    const complaints = complaintsOf(page, gateway.admin)
    await page.goto(`${gateway.admin}${path}`)
    return { page, complaints }
  }

  test.each(['/', '/status', '/upstreams', '/routes', '/config', '/readyz?verbose'])(
    '%s loads whole under its policy, and has nothing to complain of',
    async (path) => {
      const { page, complaints } = await open(path)
      await page.waitForSelector('#actions:not([hidden])')
      const font = await page.evaluate('getComputedStyle(document.querySelector("main")).maxWidth')
      expect(font).not.toBe('none')
      expect(await page.title()).toMatch(/^protobridge: /)
      expect(complaints).toEqual([])
      await page.close()
    },
  )

  test('a script that got into a page would not run', async () => {
    const { page, complaints } = await open('/status')
    await page.evaluate(`{
      const script = document.createElement('script')
      script.textContent = 'document.title = "taken"'
      document.body.append(script)
      document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="document.title = 1">')
    }`)
    const refused = (): number => complaints.filter((line) => line.includes('Content Security Policy')).length
    await until(() => refused() >= 2, 'both to be refused')
    expect(await page.title()).toBe('protobridge: Status')
    await page.close()
  })

  test('what clients sent is shown as text', async () => {
    const name = '<img src=x onerror=alert(1)>'
    await fetch(`${gateway.url}/v1/shelves/1`, { headers: { 'x-request-id': 'seen-1' } }).then((got) => got.text())
    await fetch(`${gateway.url}/v1/${encodeURIComponent(name)}`).then((got) => got.text())
    const { page, complaints } = await open('/status')
    expect(await page.textContent('#errors')).toContain('seen-1')
    expect(await page.locator('img').count()).toBe(0)
    expect(complaints).toEqual([])
    await page.close()
  })

  test('everything is reached by keyboard, in order, and shows where the focus is', async () => {
    const { page } = await open('/status')
    await page.waitForSelector('#actions:not([hidden])')
    const reached: string[] = []
    for (let step = 0; step < 20; step++) {
      await page.keyboard.press('Tab')
      const at = await page.evaluate(`(() => {
        const it = document.activeElement
        const { outlineStyle, left } = getComputedStyle(it)
        return [it.getAttribute('aria-label') ?? it.id + (it.getAttribute('href') ?? it.placeholder ?? ''), outlineStyle]
      })()`)
      const [name, outline] = at as [string, string]
      if (reached.includes(name) || name === '') break
      expect(outline).not.toBe('none')
      reached.push(name)
    }
    expect(reached).toEqual([
      ...['#content', '/status', '/upstreams', '/routes', '/config', '/readyz?verbose', 'live', 'reload'],
      ...['Upstreams and their endpoints', 'Recent errors', 'Limits', 'a path, a method, an upstream', 'Routes'],
    ])
    await page.close()
  })

  test('the keyboard reloads, and filters routes', async () => {
    const { page, complaints } = await open('/status')
    const before = gateway.gateway.status().generation
    await page.focus('#reload')
    await page.keyboard.press('Enter')
    await page.locator('#said', { hasText: `generation ${before + 1}` }).waitFor()
    await page.focus('[data-filter]')
    await page.keyboard.type('getshelf get')
    expect(await page.locator('#routes tbody tr:visible').allTextContents()).toEqual([
      expect.stringContaining('library.v1.LibraryService.GetShelf'),
    ])
    expect(complaints).toEqual([])
    await page.close()
  })

  test('it follows what happens, without being loaded again', async () => {
    const { page, complaints } = await open('/status')
    await fetch(`${gateway.url}/v1/items`, { headers: { 'x-request-id': 'seen-later' } }).then((got) => got.text())
    await page.locator('#errors', { hasText: 'seen-later' }).waitFor()
    expect(complaints).toEqual([])
    await page.close()
  })

  test.each(['light', 'dark'] as const)('%s: text stands out from its ground', async (colorScheme) => {
    const { page } = await open('/status')
    await page.emulateMedia({ colorScheme })
    const contrasts = (await page.evaluate(CONTRASTS)) as [string, number][]
    expect(contrasts.length).toBeGreaterThan(20)
    expect(contrasts.filter(([, contrast]) => contrast < 4.5)).toEqual([])
    await page.close()
  })
})

/** The contrast (WCAG 2.2, 1.4.3) of every element with text of its own. */
const CONTRASTS = `(() => {
  const rgb = (color) => color.match(/[0-9.]+/g).map(Number)
  const luminance = ([r, g, b]) => {
    const linear = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4))
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
  }
  const ground = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const color = rgb(getComputedStyle(at).backgroundColor)
      if (color[3] !== 0) return color
    }
    return [255, 255, 255]
  }
  const out = []
  for (const element of document.body.querySelectorAll('*')) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '')
    if (!hasText || element.checkVisibility() === false) continue
    const [one, other] = [luminance(rgb(getComputedStyle(element).color)), luminance(ground(element))]
    out.push([element.outerHTML.slice(0, 80), (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)])
  }
  return out
})()`
