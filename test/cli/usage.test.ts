import { afterAll, describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { protobridge } from '../support/command.js'
import { Project } from '../support/project.js'

const empty = new Project()
afterAll(() => empty.remove())

describe('usage', () => {
  test.each([
    { args: ['--help'], stdout: /^Usage: protobridge .*\n[^]*serve[^]*check[^]*routes[^]*explain/ },
    { args: ['help', 'serve'], stdout: /^Usage: protobridge serve[^]*--config[^]*--target[^]*--listen[^]*--admin/ },
    { args: ['explain', '--help'], stdout: /^Usage: protobridge explain [^]*--body[^]*--header/ },
    {
      args: ['--version'],
      stdout: new RegExp(`^${(JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version}\n$`),
    },
  ])('$args exits with 0', async ({ args, stdout }) => {
    const result = await protobridge(args)
    expect(result).toMatchObject({ code: 0, stderr: '' })
    expect(result.stdout).toMatch(stdout)
  })

  test.each([
    { args: [], stderr: /Usage: protobridge/ },
    { args: ['frobnicate'], stderr: /unknown command 'frobnicate'/ },
    { args: ['serve', '--frobnicate'], stderr: /unknown option '--frobnicate'/ },
    { args: ['serve', 'now'], stderr: /too many arguments[^]*\(protobridge serve --help tells what there is\)/ },
    { args: ['explain', 'GET', '/', '-H', 'nonsense', '-t', 'dns:///a'], stderr: /^--header "nonsense"/ },
    { args: ['check', '--config'], stderr: /argument missing/ },
    { args: ['explain'], stderr: /missing required argument/ },
    { args: ['check'], stderr: /there is no protobridge\.yaml here: give --config FILE, or --target/ },
    { args: ['routes', '--config', 'a.yaml', '--target', 'dns:///a'], stderr: /give --config or --target, not both/ },
    { args: ['explain', 'GET', '--target', 'dns:///a'], stderr: /write the request as 'METHOD \/path\?query'/ },
    { args: ['explain', 'GET /', '-H', 'nonsense', '-t', 'dns:///a'], stderr: /--header "nonsense"/ },
    { args: ['explain', 'GET /', '-d', '@nothing.json', '-t', 'dns:///a'], stderr: /--body @nothing\.json: / },
    { args: ['serve', '-t', 'dns:///a', '--listen', 'here'], stderr: /^--listen: "here" is not an address: write/ },
    { args: ['serve', '-t', 'dns:///a', '--listen', ':99999'], stderr: /^--listen: 99999 is not a port/ },
    { args: ['serve', '-t', 'dns:///a', '--admin', '::1:80'], stderr: /^--admin: .*: write \[IPV6\]:PORT/ },
  ])('$args exits with 2 and says why', async ({ args, stderr }) => {
    const result = await protobridge(args, { cwd: empty.path })
    expect(result.stderr).toMatch(stderr)
    expect(result).toMatchObject({ code: 2, stdout: '' })
  })

  test.each([
    { args: ['serve', '-t', 'dns:///a', '--admin', '0.0.0.0:1'], stderr: /^--admin:0:0: .*needs a token/ },
    { args: ['check', '-t', 'carrier-pigeon:///a'], stderr: /^--target:0:0: unknown scheme "carrier-pigeon"/ },
    { args: ['check', '-c', 'nothing.yaml'], stderr: /^nothing\.yaml:0:0: cannot be read: it does not exist/ },
  ])('$args is understood and refused: exit code 1', async ({ args, stderr }) => {
    const result = await protobridge(args, { cwd: empty.path })
    expect(result.stderr).toMatch(stderr)
    expect(result).toMatchObject({ code: 1, stdout: '' })
  })
})
