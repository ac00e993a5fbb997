import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { protobridge } from '../support/command.js'
import { echoProject } from '../support/echo-project.js'
import { hasXmllint, validate } from '../support/xmllint.js'

const project = echoProject('static:///127.0.0.1:1')
afterAll(() => project.remove())
const xsd = (...args: string[]) => protobridge(['xsd', '-c', 'gw.yaml', ...args], { cwd: project.path })

describe('xsd', () => {
  test('one service to stdout', async () => {
    const { code, stdout, stderr } = await xsd()
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('<xs:element name="Text" type="echo.v1.Text"/>')
    if (hasXmllint()) {
      const files = [{ name: 'echo.xsd', text: stdout }]
      expect(validate(files, ['<Text><text>a</text></Text>', '<Text><txt/></Text>'])).toMatchObject([
        { isValid: true },
        { isValid: false },
      ])
    }
  })

  test('--out writes a file a service, --examples a document a root', async () => {
    const { code, stdout } = await xsd('--out', 'xsd', '--examples', 'echo.v1.EchoService')
    expect(code).toBe(0)
    const written = readdirSync(join(project.path, 'xsd')).sort()
    expect(written).toEqual(['echo.v1.EchoService.Text.xml', 'echo.v1.EchoService.xsd'])
    expect(stdout.trim().split('\n').sort()).toEqual(written.map((name) => join('xsd', name)))
    expect(readFileSync(join(project.path, 'xsd', written[0]!), 'utf8')).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<Text>\n  <text>text</text>\n</Text>\n',
    )
  })

  test.each([
    {
      args: ['echo.v1.EchoServise'],
      error: 'no service "echo.v1.EchoServise" has a route: did you mean "echo.v1.EchoService"?',
    },
    { args: ['--examples'], error: '--examples: a file each, so give --out DIR too' },
  ])('$args is wrong usage', async ({ args, error }) => {
    const { code, stdout, stderr } = await xsd(...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(error)
  })
})
