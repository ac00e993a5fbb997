import { toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { expect, test } from '@jest/globals'
import { Problems } from '../../src/problems/index.js'
import { compileWith, GOOGLEAPIS, protosBelow, runProtoc } from './protoc.js'
import { namesAndNumbers, readWithProtoLoader } from './second-reader.js'

/** Test files of protobuf that conflict with one another or import what is not there: protoc refuses them too. */
const NOT_TOGETHER = /^google\/protobuf\/(compiler\/ruby\/|util\/json_format_proto3\.proto)/

test('every file of googleapis compiles to what protoc makes of it', () => {
  const names = protosBelow(GOOGLEAPIS).filter((name) => !NOT_TOGETHER.test(name))
  const problems = new Problems()
  const begin = performance.now()
  const ours = new Map(compileWith([GOOGLEAPIS], names, problems).map(({ proto }) => [proto.name, proto]))
  const ms = Math.round(performance.now() - begin)
  expect(problems.errors).toEqual([])
  const theirs = runProtoc([GOOGLEAPIS], names)
  const differing = theirs.files.filter((file) => {
    const mine = ours.get(file.name)
    return (
      mine === undefined ||
      Buffer.compare(toBinary(FileDescriptorProtoSchema, mine), toBinary(FileDescriptorProtoSchema, file)) !== 0
    )
  })
  console.log(`${names.length} files compiled in ${ms} ms, ${differing.length} differ from protoc's`)
  expect(theirs.files.length).toBeGreaterThan(7_000)
  expect(differing.map(({ name }) => name)).toEqual([])
}, 600_000)

test('proto-loader, where it reads a file at all, agrees on names and numbers', () => {
  const names = protosBelow(GOOGLEAPIS).filter((name) => !NOT_TOGETHER.test(name))
  const ours = namesAndNumbers(compileWith([GOOGLEAPIS], names, new Problems()).map(({ proto }) => proto))
  const refused: string[] = []
  const differing: string[] = []
  for (const name of names) {
    const theirs = readWithProtoLoader([GOOGLEAPIS], name)
    if (!Array.isArray(theirs)) refused.push(name)
    else {
      const types = [...namesAndNumbers(theirs)].filter(([type]) => !type.startsWith('google.protobuf.'))
      if (types.some(([type, members]) => ours.get(type) !== members)) differing.push(name)
    }
  }
  console.log(`proto-loader refuses ${refused.length} of ${names.length} files`)
  // It keeps the capital letter of a group's field inside an extension.
  expect(differing).toEqual(['google/protobuf/util/json_format.proto'])
  expect(refused.length).toBeLessThan(30)
}, 600_000)
