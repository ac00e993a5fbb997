import type { DescMethod } from '@bufbuild/protobuf'
import type { Position } from '../problems/index.js'
import type { Binding } from './types.js'

/**
 * The binding of a method without a rule where `autoMap` is set: `POST /package.Service/Method`, the path gRPC itself
 * uses, with the whole message as body.
 */
export function automaticBinding(method: DescMethod, position: Position): Binding {
  const service = method.parent.typeName
  return {
    method,
    httpMethod: 'POST',
    template: {
      source: `/${service}/${method.name}`,
      segments: [
        { kind: 'literal', text: service },
        { kind: 'literal', text: method.name },
      ],
      verb: '',
      variables: [],
    },
    captures: [],
    body: { kind: 'whole' },
    responseBody: undefined,
    source: 'automatic',
    position,
  }
}
