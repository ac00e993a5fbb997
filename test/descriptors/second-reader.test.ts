import { describe, expect, test } from '@jest/globals'
import { loadProtos } from '../../src/descriptors/index.js'
import { formatProblem, Problems } from '../../src/problems/index.js'
import { BUNDLED, FIXTURES, protosBelow } from './protoc.js'
import { namesAndNumbers, readWithProtoLoader } from './second-reader.js'

/** What proto-loader cannot read though it is valid (protoc takes it): why our compiler is our own. */
const REFUSED = new Map([
  ['edition2023.proto', 'aggregate values and extension ranges in editions'],
  ['edition2024.proto', '`export`, `local`, `import option`'],
  ['edition2024_other.proto', '`local`'],
  ['options.proto', 'groups in groups'],
  ['proto2.proto', 'lists of messages, declarations'],
  ['proto3.proto', 'imports one of the above'],
])

describe('proto-loader, an independent second reader, agrees on names and numbers', () => {
  const files = [
    ...protosBelow(BUNDLED).map((name) => ({ root: BUNDLED, name })),
    ...protosBelow(FIXTURES).map((name) => ({ root: FIXTURES, name })),
  ]
  test.each(files)('$name', ({ root, name }) => {
    const theirs = readWithProtoLoader([root, BUNDLED], name)
    if (!Array.isArray(theirs)) {
      expect([...REFUSED.keys()]).toContain(name)
      return
    }
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
