import { create } from '@bufbuild/protobuf'
import {
  MethodDescriptorProtoSchema,
  ServiceDescriptorProtoSchema,
  type ServiceDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import { parseOption } from './parse-option.js'
import { parseTypeName } from './parse-message.js'
import type { ParserState } from './parser-state.js'

/** Field numbers of google.protobuf.ServiceDescriptorProto and MethodDescriptorProto. */
const SERVICE = { name: 1, method: 2, options: 3 } as const
const METHOD = { name: 1, inputType: 2, outputType: 3, options: 4, clientStreaming: 5, serverStreaming: 6 } as const

/** `service Name { … }`, from its keyword on; the service's location `record` is open. */
export function parseService(p: ParserState, record: number): ServiceDescriptorProto {
  const service = create(ServiceDescriptorProtoSchema)
  p.scanner.next()
  const name = p.open(SERVICE.name)
  service.name = p.identifier('the name of a service')
  p.close(name)
  p.endDeclaration('{', record, 'after the name of a service')
  p.block(`service ${service.name}`, () => {
    if (p.tryEndDeclaration(';', undefined)) return
    if (p.lookingAt('option')) {
      const options = p.open(SERVICE.options)
      parseOption(p, service, true)
      p.close(options)
    } else parseMethod(p, service)
  })
  return service
}

function parseMethod(p: ParserState, service: ServiceDescriptorProto): void {
  const record = p.open(SERVICE.method, service.method.length)
  const method = create(MethodDescriptorProtoSchema)
  p.consume('rpc', '(or `option` or `}`) in a service')
  const name = p.open(METHOD.name)
  method.name = p.identifier('the name of a method')
  p.close(name)
  p.consume('(', 'and the request type after the name of a method')
  if (p.lookingAt('stream')) {
    const stream = p.open(METHOD.clientStreaming)
    method.clientStreaming = true
    p.scanner.next()
    p.close(stream)
  }
  const input = p.open(METHOD.inputType)
  method.inputType = parseTypeName(p, 'the request type')
  p.close(input)
  p.consume(')', 'after the request type')
  p.consume('returns', 'after the request type')
  p.consume('(', 'before the response type')
  if (p.lookingAt('stream')) {
    const stream = p.open(METHOD.serverStreaming)
    method.serverStreaming = true
    p.scanner.next()
    p.close(stream)
  }
  const output = p.open(METHOD.outputType)
  method.outputType = parseTypeName(p, 'the response type')
  p.close(output)
  p.consume(')', 'after the response type')
  service.method.push(method)
  if (p.tryEndDeclaration('{', record)) {
    // protoc writes `options` for an empty block too.
    p.options.set(method, [])
    p.block(`method ${method.name}`, () => {
      if (p.tryEndDeclaration(';', undefined)) return
      const options = p.open(METHOD.options)
      parseOption(p, method, true)
      p.close(options)
    })
  } else p.endDeclaration(';', record, 'or `{` after a method')
  p.close(record)
}
