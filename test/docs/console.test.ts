import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { execFile, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { openGateway, type OperatedGateway } from '../../src/gateway/index.js'
import { startExampleGateway } from '../support/gateway.js'

/*
 * What the pages show is what happens: every `$ curl …` and `$ npx protobridge …` of a ```console block is run against
 * the example services, in order, and its output compared. `…` stands for what differs each time. What is at port 8087 is
 * the gateway of examples/secured.
 */

interface Command {
  readonly page: string
  readonly line: string
  readonly output: string
}

const PAGES = ['README.md', ...readdirSync('docs').flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : []))]
const COMMANDS = PAGES.flatMap(commandsOf)
const run = promisify(execFile)

function commandsOf(page: string): Command[] {
  const blocks = readFileSync(page, 'utf8').matchAll(/```console\n([^]*?)```/g)
  return [...blocks].flatMap(([, block = '']) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((command) => {
        const end = command.indexOf('\n')
        return { page, line: command.slice(0, end), output: command.slice(end + 1).trim() }
      }),
  )
}

let gateway: Awaited<ReturnType<typeof startExampleGateway>>
let secured: OperatedGateway
let securedUrl = ''

beforeAll(async () => {
  gateway = await startExampleGateway({
    telemetry: { traces: 'none', metrics: 'prometheus', accessLog: 'none' },
  })
  const libraryPort = gateway.servers.library.split(':').at(-1)!
  const env = {
    LIBRARY_PORT: libraryPort,
    PROTOBRIDGE_PORT: '0',
    PROTOBRIDGE_ADMIN_PORT: '0',
    OTEL_SDK_DISABLED: 'true',
  }
  secured = await openGateway({ kind: 'file', path: 'examples/secured/protobridge.yaml' }, { env })
  securedUrl = (await secured.listen()).urls[0]!
})
afterAll(async () => {
  await secured.close()
  await gateway.stop()
})

async function outputOf(line: string): Promise<string> {
  const command = line
    .replaceAll('http://127.0.0.1:8080', gateway.url)
    .replaceAll('http://127.0.0.1:8087', securedUrl)
    .replaceAll('http://127.0.0.1:9901', gateway.admin)
    .replace(/^curl /, 'curl -s ')
    .replace(/^npx protobridge /, `"${process.execPath}" dist/src/cli/main.js `)
  // What a page shows of a refusal comes with an exit code of its own.
  const { stdout } = await run('sh', ['-c', command]).catch((error: { stdout?: string }) => ({
    stdout: error.stdout ?? String(error),
  }))
  // Lines of HTTP end in CR LF.
  return stdout.replaceAll('\r', '').trim()
}

function patternOf(output: string): RegExp {
  const parts = output.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^]*?')}$`)
}

describe('what the pages show', () => {
  test('there is something to run', () => {
    expect(COMMANDS.length).toBeGreaterThan(5)
  })

  const shown = COMMANDS.filter(({ output }) => output !== '')
  const isCurl = ({ line }: Command): boolean => line.startsWith('curl ')
  const hasCurl = spawnSync('curl', ['--version']).status === 0
  if (!hasCurl) test.skip('skipped: no curl binary', () => undefined)

  test.each(hasCurl ? shown : shown.filter((command) => !isCurl(command)))('$page: $line', async ({ line, output }) => {
    expect(await outputOf(line)).toMatch(patternOf(output))
  })
})
