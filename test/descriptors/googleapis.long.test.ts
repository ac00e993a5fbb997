import { toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { expect, test } from '@jest/globals'
import { Problems } from '../../src/problems/index.js'
import { compileWith, GOOGLEAPIS, protosBelow, runProtoc } from './protoc.js'

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
