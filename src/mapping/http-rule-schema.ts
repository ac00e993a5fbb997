import { create, createFileRegistry, type Message } from '@bufbuild/protobuf'
import type { GenMessage } from '@bufbuild/protobuf/codegenv2'
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt'
import type { PatternKey } from './http-rule.js'

export type HttpRule = Message<'google.api.HttpRule'> & {
  pattern:
    | { case: PatternKey; value: string }
    | { case: 'custom'; value: Message<'google.api.CustomHttpPattern'> & { kind: string; path: string } }
    | { case: undefined; value?: undefined }
  body: string
  responseBody: string
  additionalBindings: HttpRule[]
}

/**
 * google.api.HttpRule as a descriptor of our own, so that annotations can be read whether or not the user's files
 * include google/api/http.proto, and whatever version of it they include. Numbers: google/api/http.proto.
 */
const file = create(FileDescriptorProtoSchema, {
  name: 'protobridge/http_rule.proto',
  package: 'google.api',
  syntax: 'proto3',
  messageType: [
    {
      name: 'HttpRule',
      oneofDecl: [{ name: 'pattern' }],
      field: [
        text('get', 2, 0),
        text('put', 3, 0),
        text('post', 4, 0),
        text('delete', 5, 0),
        text('patch', 6, 0),
        { ...message('custom', 8, '.google.api.CustomHttpPattern', Label.OPTIONAL), oneofIndex: 0 },
        text('body', 7),
        text('response_body', 12),
        message('additional_bindings', 11, '.google.api.HttpRule', Label.REPEATED),
      ],
    },
    { name: 'CustomHttpPattern', field: [text('kind', 1), text('path', 2)] },
  ],
})

function text(name: string, number: number, oneofIndex?: number) {
  const field = { name, number, type: Type.STRING, label: Label.OPTIONAL }
  return oneofIndex === undefined ? field : { ...field, oneofIndex }
}

function message(name: string, number: number, typeName: string, label: Label) {
  return { name, number, type: Type.MESSAGE, typeName, label }
}

export const HttpRuleSchema = createFileRegistry(file, () => undefined).getMessage(
  'google.api.HttpRule',
) as GenMessage<HttpRule>

/** Number of the extension `google.api.http` of google.protobuf.MethodOptions (google/api/annotations.proto). */
export const HTTP_EXTENSION = 72295728
