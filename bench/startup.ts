import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSchema, loadProtos } from '../src/descriptors/index.js'
import { Problems } from '../src/problems/index.js'
import { writeServices } from './generate-services.js'

/** What the registry of an API of this size takes. */
export interface StartupResult {
  readonly services: number
  readonly methods: number
  readonly compileMs: number
  readonly registryMs: number
  readonly heapBytes: number
}

/** Reads, compiles and registers generated services: from `.proto` files on disk to one registry. */
export function measureRegistry(services: number, methodsEach: number): StartupResult {
  const directory = mkdtempSync(join(tmpdir(), 'protobridge-startup-'))
  try {
    writeServices(directory, services, methodsEach)
    const problems = new Problems()
    const heapBefore = process.memoryUsage().heapUsed
    const begin = performance.now()
    const source = loadProtos(
      { protos: ['**/*.proto'], roots: [directory], autoMap: false, position: { file: 'bench', line: 0, column: 0 } },
      problems,
    )
    const compiled = performance.now()
    const schema = source === undefined ? undefined : buildSchema([source], problems)
    const registered = performance.now()
    problems.throwIfAny()
    const heapBytes = process.memoryUsage().heapUsed - heapBefore
    return {
      services: schema?.services.length ?? 0,
      methods: schema?.services.reduce((sum, { desc }) => sum + desc.methods.length, 0) ?? 0,
      compileMs: compiled - begin,
      registryMs: registered - compiled,
      heapBytes,
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** For `npm run bench`. */
export function benchStartup(services = 1_000, methodsEach = 10): void {
  const result = measureRegistry(services, methodsEach)
  console.log(
    `start-up, ${result.services} services with ${result.methods} methods: compile ${Math.round(result.compileMs)} ms, ` +
      `registry ${Math.round(result.registryMs)} ms, heap ${Math.round(result.heapBytes / 1024 / 1024)} MiB`,
  )
}
