import { describe, expect, test } from '@jest/globals'
import { loadProtos } from '../../src/descriptors/index.js'
import { formatProblem, Problems } from '../../src/problems/index.js'
import { BUNDLED, FIXTURES, INCLUDE, protosBelow } from './protoc.js'
import { namesAndNumbers, readWithProtoLoader } from './second-reader.js'

/** What proto-loader refuses though it is valid, as protoc says: why we compile ourselves. */
const REFUSED = new Map([
  ['edition2023.proto', 'object must be a valid nested object'],
  ['edition2024.proto', "illegal edition '2024'"],
  ['edition2024_other.proto', "illegal edition '2024'"],
  ['options.proto', 'object must be a valid nested object'],
  ['proto2.proto', "illegal token ';'"],
  ['proto3.proto', "duplicate name '_a'"],
])

describe('proto-loader, an independent second reader, agrees on names and numbers', () => {
  const files = [
    ...protosBelow(BUNDLED).map((name) => ({ root: BUNDLED, name })),
    ...protosBelow(FIXTURES).map((name) => ({ root: FIXTURES, name })),
  ]
  test.each(files)('$name', ({ root, name }) => {
    const theirs = readWithProtoLoader([root, BUNDLED, INCLUDE], name)
    if (!Array.isArray(theirs)) {
      expect(theirs.message).toContain(REFUSED.get(name) ?? 'nothing: it reads this file')
      return
    }
    expect([...REFUSED.keys()]).not.toContain(name)
    const problems = new Problems()
    const source = loadProtos(
      { protos: [name], roots: [root, BUNDLED], autoMap: false, position: { file: 'test', line: 0, column: 0 } },
      problems,
    )
    expect(problems.errors.map(formatProblem)).toEqual([])
    const ours = namesAndNumbers(source!.files)
    // Its google/protobuf/* are abridged copies.
    const compared = [...namesAndNumbers(theirs)].filter(([type]) => !type.startsWith('google.protobuf.'))
    for (const [type, members] of compared) expect([type, ours.get(type)]).toEqual([type, members])
  })
})
