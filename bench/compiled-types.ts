import { buildSchema, compileSource } from '../src/descriptors/index.js'
import { Problems } from '../src/problems/index.js'
import { DecodeTables } from '../src/transcode/decode/tables.js'
import { PlanTable } from '../src/transcode/plan/plan-table.js'

const FIELDS: readonly string[] = [
  'string name = 1;',
  'int32 size = 2;',
  'int64 revision = 3;',
  'bool active = 4;',
  'repeated string tags = 5;',
  'map<string, string> labels = 6;',
  'Kind kind = 7;',
  'double weight = 8;',
  'bytes token = 9;',
]

/**
 * Prints what the plans of many types hold of memory, and what compiling one at its first use costs the request that is
 * the first: why types are compiled then and not at load.
 */
export function benchCompiledTypes(count = 10_000): void {
  const problems = new Problems()
  const messages = Array.from(
    { length: count },
    (_, index) => `message M${index} { ${FIELDS.join(' ')} M${(index + 1) % count} next = 10; }`,
  )
  const text = `syntax = "proto3"; package bench.types; enum Kind { NONE = 0; ONE = 1; } ${messages.join('\n')}`
  const { registry } = buildSchema([compileSource('types.proto', text, problems)], problems)!
  problems.throwIfAny()
  const types = messages.map((_, index) => registry.getMessage(`bench.types.M${index}`)!)

  const plans = new PlanTable(registry)
  const ofPlans = measure(() => types.forEach((type) => plans.messagePlan(type)))
  const tables = new DecodeTables()
  const ofTables = measure(() => types.forEach((type) => tables.message(plans.messagePlan(type))))
  console.log(
    `${count} compiled types of ${FIELDS.length + 1} fields: plans ${ofPlans.mib} MiB in ${ofPlans.ms} ms, ` +
      `what reading text adds ${ofTables.mib} MiB in ${ofTables.ms} ms; a type at its first use ` +
      `${((1000 * (ofPlans.ms + ofTables.ms)) / count).toFixed(0)} µs`,
  )
}

function measure(run: () => void): { readonly ms: number; readonly mib: number } {
  global.gc?.()
  const before = process.memoryUsage()
  const start = performance.now()
  run()
  const ms = Math.round(performance.now() - start)
  global.gc?.()
  const after = process.memoryUsage()
  // Keys in bytes are outside the heap.
  const bytes = after.heapUsed + after.external - before.heapUsed - before.external
  return { ms, mib: Math.round(bytes / 1024 / 1024) }
}
