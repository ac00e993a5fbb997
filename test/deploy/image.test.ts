import { afterAll, describe, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { cpSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { mkdirSync } from 'node:fs'
import { Project } from '../support/project.js'
import { read, rootPath } from './files.js'

const project = new Project()
afterAll(() => project.remove())

/** What the last stage of the Dockerfile copies of the build, as `from → to`. */
function copied(): readonly (readonly [string, string])[] {
  const last = read('Dockerfile')
    .split(/^FROM /m)
    .at(-1)!
  return [...last.matchAll(/^COPY --from=build \/app\/(\S+) (\S+)$/gm)].map(([, from, to]) => [from!, to!])
}

describe('the image, without a container', () => {
  test('has all that the gateway needs', () => {
    for (const [from, to] of copied()) {
      const target = to === './' ? join(project.path, from) : join(project.path, to)
      mkdirSync(dirname(target), { recursive: true })
      cpSync(rootPath(from), target, { recursive: true })
    }
    symlinkSync(rootPath('node_modules'), join(project.path, 'node_modules'))
    const config = project.write(
      'protobridge.yaml',
      `schema: [{ protos: ["library/v1/*.proto"], roots: [${rootPath('protos')}] }]
upstreams: { library: { target: "dns:///library:50051", services: ["library.v1.*"] } }
`,
    )
    const entry = join(project.path, 'dist/src/cli/main.js')
    const { status, stderr } = spawnSync(process.execPath, [entry, 'check', '--config', config], { encoding: 'utf8' })
    expect({ status, stderr: stderr.replaceAll(/^.*warning.*$/gm, '') }).toMatchObject({ status: 0 })
  })

  test('runs as nobody in particular, and says how it is', () => {
    const last = read('Dockerfile')
      .split(/^FROM /m)
      .at(-1)!
    expect(last).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m)
    expect(last).toMatch(/^HEALTHCHECK /m)
  })

  test('leaves at home what is only for tests and whoever builds it', () => {
    const ignored = read('.dockerignore').split('\n')
    expect(ignored).toEqual(expect.arrayContaining(['.git', '.tools', 'node_modules', 'dist', '.stack']))
  })
})
