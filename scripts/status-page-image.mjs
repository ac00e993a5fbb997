/**
 * Makes docs/images/status-page.png anew: the status page of a gateway with two workers, one of which was killed, before the
 * example services, one endpoint of which is down. Needs the Chromium of scripts/get-chromium.mjs.
 *
 *   node scripts/status-page-image.mjs [FILE]
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const file = process.argv[2] ?? join(root, 'docs/images/status-page.png')
const folder = mkdtempSync(join(tmpdir(), 'protobridge-image-'))
for (const name of ['protos', 'mappings']) symlinkSync(join(root, name), join(folder, name))

const children = []

/** Starts a program of the build. @returns what it has told when that matches */
function start(program, args, pattern) {
  const child = spawn(process.execPath, [join(root, 'dist', program), ...args], { cwd: folder })
  children.push(child)
  return new Promise((resolve, reject) => {
    let text = ''
    const onText = (chunk) => {
      text += chunk
      const found = pattern.exec(text)
      if (found !== null) resolve(found)
    }
    child.stdout.on('data', onText)
    child.stderr.on('data', onText)
    child.once('exit', (code) => reject(new Error(`${program} ended with ${code}: ${text}`)))
  })
}

async function until(holds) {
  for (let turn = 0; turn < 300; turn++) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('it does not come')
}

let browser
try {
  const [[, library], [, inventory]] = await Promise.all(
    ['library', 'inventory'].map((name) =>
      start(`examples/servers/${name}.js`, ['--port', '0'], /listening on \S+:(\d+)/),
    ),
  )
  writeFileSync(
    join(folder, 'protobridge.yaml'),
    `listen: { host: 127.0.0.1, port: 0 }
admin: { port: 0 }
schema: [{ protos: ['library/v1/*.proto', 'inventory/v1/*.proto'], roots: [protos] }]
mappings: ['mappings/*.yaml']
upstreams:
  library: { target: 'static:///127.0.0.1:${library},127.0.0.1:50099', services: ['library.v1.*'] }
  inventory: { target: 'static:///127.0.0.1:${inventory}', services: ['inventory.v1.*'] }
policies:
  - { select: '*', limits: [{ name: flood, rate: 1000/s, burst: 200, by: address }] }
telemetry: { accessLog: none }
workers: 2
`,
  )
  const [, admin, gateway] = await start('src/cli/main.js', ['serve'], /admin on (\S+)\n[^]*ready on (\S+)\n/)
  const workers = async () => (await (await fetch(`${admin}/status`)).json()).workers
  const [, second] = await workers()
  process.kill(second.pid, 'SIGKILL')
  await until(async () => (await workers()).every(({ state, pid }) => state === 'serving' && pid !== second.pid))
  // On new connections, so that both workers have been asked.
  for (let turn = 0; turn < 12; turn++) {
    const headers = { connection: 'close', ...(turn % 4 === 0 ? { 'x-example-fail': '14' } : {}) }
    for (const path of ['/v1/shelves/1', '/v1/items']) await (await fetch(`${gateway}${path}`, { headers })).text()
  }
  browser = await chromium.launch({ executablePath: join(root, '.tools/chromium/chromium'), args: ['--no-sandbox'] })
  const page = await browser.newPage({ viewport: { width: 1280, height: 1110 } })
  await page.goto(`${admin}/`)
  await page.waitForSelector('#actions:not([hidden])')
  await page.screenshot({ path: file })
} finally {
  await browser?.close()
  for (const child of children) child.removeAllListeners('exit').kill('SIGTERM')
  rmSync(folder, { recursive: true })
}
