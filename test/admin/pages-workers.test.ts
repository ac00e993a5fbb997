import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { complaintsOf, hasChromium, openChromium } from '../support/chromium.js'
import { serve, type Command } from '../support/command.js'
import { echoProject, startEchoUpstream, type EchoUpstream } from '../support/echo-project.js'
import type { Project } from '../support/project.js'
import { untilAllServe } from '../support/worker-pids.js'

const run = hasChromium() ? describe : describe.skip

run('the status page of two workers, in a browser', () => {
  let upstream: EchoUpstream
  let project: Project
  let command: Command
  let browser: Browser
  let page: Page
  let complaints: readonly string[]

  beforeAll(async () => {
    upstream = await startEchoUpstream()
    project = echoProject(upstream.target, 'workers: 2\ntelemetry: { accessLog: none }\nwatch: false')
    command = await serve(['--config', 'gw.yaml'], { cwd: project.path })
    await untilAllServe(command.admin)
    browser = await openChromium()
    page = await browser.newPage()
    complaints = complaintsOf(page, command.admin)
    await page.goto(`${command.admin}/`)
    await page.waitForSelector('#actions:not([hidden])')
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await command?.stop()
    project?.remove()
    upstream?.stop()
  })

  const cells = async (): Promise<string[][]> => {
    const rows = await page.locator('#workers tbody tr').all()
    return Promise.all(rows.map((row) => row.locator('td').allTextContents()))
  }

  test('has a row for each, with the process that it is, and nothing to complain of', async () => {
    const pids = (await untilAllServe(command.admin)).map(({ pid }) => String(pid))
    expect(await page.locator('#workers th').allTextContents()).toEqual([
      ...['worker', 'state', 'process id', 'restarts', 'how the last one ended'],
    ])
    expect(await cells()).toEqual([
      ['1', 'serving', pids[0]!, '0', ''],
      ['2', 'serving', pids[1]!, '0', ''],
    ])
    expect(complaints).toEqual([])
  })

  test('its table is reached by keyboard, by the name it has, and shows that the focus is there', async () => {
    for (let step = 0; step < 20; step++) {
      await page.keyboard.press('Tab')
      const label = await page.evaluate('document.activeElement.getAttribute("aria-label")')
      if (label === 'Workers') break
    }
    expect(
      await page.evaluate(
        '[document.activeElement.getAttribute("aria-label"), getComputedStyle(document.activeElement).outlineStyle]',
      ),
    ).toEqual(['Workers', 'solid'])
    // What the keyboard is in is not replaced.
    await page.evaluate('document.activeElement.blur()')
  })

  test('the keyboard reloads all of them', async () => {
    await page.focus('#reload')
    await page.keyboard.press('Enter')
    await page.locator('#said', { hasText: 'generation 2' }).waitFor()
    const rows = await untilAllServe(command.admin)
    expect(rows.map(({ generation }) => generation)).toEqual([2, 2])
    expect(complaints).toEqual([])
  })

  test('tells of one that was killed and of the one in its place, without being loaded again', async () => {
    const [, second] = await untilAllServe(command.admin)
    process.kill(second!.pid!, 'SIGKILL')
    await page.locator('#workers tr', { hasText: 'SIGKILL' }).filter({ hasText: 'serving' }).waitFor()
    const [, after] = await untilAllServe(command.admin)
    expect(await cells()).toContainEqual(['2', 'serving', String(after!.pid), '1', 'SIGKILL'])
    expect(await page.textContent('#errors')).toContain('another takes its place')
    expect(complaints).toEqual([])
  })
})
