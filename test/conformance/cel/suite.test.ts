import { describe, expect, test } from '@jest/globals'
import { getConformanceSuite, type IncrementalTestSuite } from '@bufbuild/cel-spec/testdata/tests.js'
import { getTestRegistry } from '@bufbuild/cel-spec/testdata/registry.js'
import { compileExpression } from '../../../src/policies/expressions/index.js'
import type { PolicyRequest } from '../../../src/policies/types.js'

/*
 * The conformance suite of google/cel-spec, as it comes with `@bufbuild/cel-spec`, through what `where` and `cost` are compiled
 * with. Not those that need variables, a container or a checker of their own, which we have none of, nor extensions of the
 * language but that of strings.
 */

type Case = IncrementalTestSuite['tests'][number]

const EXTENSIONS = /^(bindings|block|encoders|math|network|optionals)(_ext)?$|^macros2$/
const REQUEST = {
  http: { rawHeaders: [] },
  clientAddress: '192.0.2.1',
  rpcName: 'a.B.C',
  identity: undefined,
} as unknown as PolicyRequest
const INPUT = getTestRegistry().getMessage('cel.expr.conformance.proto3.TestAllTypes')!

/** Beginnings of the names of what is not as the suite has it, and why that stays so. */
const DEPARTURES: Readonly<Record<string, string>> = {
  'basic/variables/unbound_is_runtime_error': 'names are looked up when the configuration is loaded',
  'basic/functions/unbound_is_runtime_error': 'and functions',
  'parse/receiver_function_names/': 'these too are names of nothing',
  'dynamic/any/literal': 'types are those of the file of the request, and of what it imports',
  'proto2/literal_singular/int64_nocontainer': 'this is one of another file',
  'fields/quoted_map_fields/': "the parser of @bufbuild/cel has no `quoted` fields: headers['x-y'] says the same",
  'fields/qualified_identifier_resolution/map_value_repeat_key_heterogeneous': '@bufbuild/cel keeps both keys',
  'string_ext/quote/': '@bufbuild/cel has no strings.quote',
  'type_deductions/': 'of a checker, which @bufbuild/cel does not export',
}

function isOurs({ original }: Case): boolean {
  const { typeEnv, container, disableMacros, checkOnly, bindings } = original
  return typeEnv.length === 0 && container === '' && !disableMacros && !checkOnly && Object.keys(bindings).length === 0
}

/** `undefined`: failed, at load or at run time. */
function evaluate(text: string): unknown {
  const compiled = compileExpression(text, INPUT)
  return 'evaluate' in compiled ? compiled.evaluate(REQUEST, new Uint8Array(0)) : undefined
}

function isAsExpected({ original: { expr, resultMatcher } }: Case): boolean {
  const result = evaluate(expr)
  if (resultMatcher.case === undefined) return result === true
  if (resultMatcher.case !== 'value') return result === undefined
  const { kind } = resultMatcher.value
  switch (kind.case) {
    case 'boolValue':
    case 'stringValue':
    case 'int64Value':
    case 'doubleValue':
      return Object.is(result, kind.value)
    case 'uint64Value':
      return (result as { readonly value?: unknown } | undefined)?.value === kind.value
    case 'nullValue':
      return result === null
    default:
      return result !== undefined
  }
}

function* casesOf(suite: IncrementalTestSuite, path: string): Generator<readonly [string, Case]> {
  for (const one of suite.tests) yield [`${path}${one.name}`, one]
  for (const inner of suite.suites) yield* casesOf(inner, `${path}${inner.name}/`)
}

const suites = getConformanceSuite()
  .suites.filter(({ name }) => !EXTENSIONS.test(name))
  .map((suite) => ({
    name: suite.name,
    cases: [...casesOf(suite, `${suite.name}/`)].filter(([, one]) => isOurs(one)),
  }))
  .filter(({ cases }) => cases.length > 0)

function wrongOf(cases: (typeof suites)[number]['cases']): string[] {
  return cases.filter(([, one]) => !isAsExpected(one)).map(([name, { original }]) => `${name}: ${original.expr}`)
}

describe('google/cel-spec', () => {
  test('there are as many cases as there were', () => {
    expect(suites.flatMap(({ cases }) => cases)).toHaveLength(1354)
  })

  test.each(suites)('$name', ({ cases }) => {
    const isKnown = (name: string): boolean => Object.keys(DEPARTURES).some((beginning) => name.startsWith(beginning))
    expect(wrongOf(cases.filter(([name]) => !isKnown(name)))).toEqual([])
  })

  test.each(Object.entries(DEPARTURES))('%s is not as the suite has it: %s', (beginning) => {
    const cases = suites.flatMap((suite) => suite.cases).filter(([name]) => name.startsWith(beginning))
    expect(wrongOf(cases).length).toBeGreaterThan(0)
  })
})
