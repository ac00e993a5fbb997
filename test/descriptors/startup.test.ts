import { expect, test } from '@jest/globals'
import { generateServices } from '../../bench/generate-services.js'
import { measureRegistry } from '../../bench/startup.js'
import { compileSource, buildSchema } from '../../src/descriptors/index.js'
import { Problems } from '../../src/problems/index.js'

test('a generated service is one that compiles, annotated method by method', () => {
  const problems = new Problems()
  const [[name, text]] = [...generateServices(2, 5)] as [[string, string]]
  const schema = buildSchema([compileSource(name, text, problems)], problems)!
  expect(problems.errors).toEqual([])
  expect(schema.services.map(({ desc }) => desc.methods.length)).toEqual([5, 5])
  for (const method of schema.services[0]!.desc.methods) expect(method.proto.options?.$unknown?.[0]?.no).toBe(72295728)
})

// Where tests run the machine may be busy: what is held here is that cost grows with size and no faster. The bench has
// the figures.
test('five times the services cost no more than linearly more', () => {
  const msOf = (count: number) => {
    const { services, methods, compileMs, registryMs } = measureRegistry(count, 10)
    expect({ services, methods }).toEqual({ services: count, methods: count * 10 })
    return compileMs + registryMs
  }
  msOf(100)
  const small = Math.min(msOf(200), msOf(200))
  const large = Math.min(msOf(1_000), msOf(1_000))
  expect(large / small).toBeLessThan(5 * 3)
}, 60_000)
