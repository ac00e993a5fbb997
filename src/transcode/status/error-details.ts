import { create, createFileRegistry, createRegistry, type Registry } from '@bufbuild/protobuf'
import {
  AnySchema,
  DescriptorProtoSchema,
  DurationSchema,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  FileDescriptorProtoSchema,
  MessageOptionsSchema,
  OneofDescriptorProtoSchema,
  type DescriptorProto,
  type FieldDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import { protoCamelCase } from '@bufbuild/protobuf/reflect'

/**
 * google/rpc/error_details.proto, built in: details are what services send with every error, whether or not the files a
 * user gave import them. https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto
 */

const { INT64, STRING, MESSAGE } = FieldDescriptorProto_Type
const { OPTIONAL, REPEATED } = FieldDescriptorProto_Label
const FILE_NAME = 'google/rpc/error_details.proto'

type Field = (number: number) => FieldDescriptorProto

const field =
  (name: string, type: FieldDescriptorProto_Type, label = OPTIONAL, typeName = ''): Field =>
  (number) =>
    // A registry takes the JSON name from the descriptor and makes none itself.
    create(FieldDescriptorProtoSchema, { name, number, type, label, typeName, jsonName: protoCamelCase(name) })

const string = (name: string): Field => field(name, STRING)
const message = (name: string, typeName: string): Field => field(name, MESSAGE, OPTIONAL, typeName)
const repeated = (name: string, typeName: string): Field => field(name, MESSAGE, REPEATED, typeName)

/** Fields are numbered from 1 in the order given, as they are in the file. */
function type(name: string, fields: readonly Field[], nestedType: DescriptorProto[] = []): DescriptorProto {
  return create(DescriptorProtoSchema, { name, field: fields.map((make, index) => make(index + 1)), nestedType })
}

function mapEntry(name: string): DescriptorProto {
  return create(DescriptorProtoSchema, {
    ...type(name, [string('key'), string('value')]),
    options: create(MessageOptionsSchema, { mapEntry: true }),
  })
}

function quotaViolation(): DescriptorProto {
  const violation = type(
    'Violation',
    [
      string('subject'),
      string('description'),
      string('api_service'),
      string('quota_metric'),
      string('quota_id'),
      repeated('quota_dimensions', '.google.rpc.QuotaFailure.Violation.QuotaDimensionsEntry'),
      field('quota_value', INT64),
      field('future_quota_value', INT64),
    ],
    [mapEntry('QuotaDimensionsEntry')],
  )
  // `optional int64 future_quota_value = 8`, with the oneof that proto3 optional fields have.
  const future = violation.field[7]!
  future.proto3Optional = true
  future.oneofIndex = 0
  violation.oneofDecl = [create(OneofDescriptorProtoSchema, { name: '_future_quota_value' })]
  return violation
}

const FILE = create(FileDescriptorProtoSchema, {
  name: FILE_NAME,
  package: 'google.rpc',
  syntax: 'proto3',
  dependency: [DurationSchema.file.proto.name],
  messageType: [
    type(
      'ErrorInfo',
      [string('reason'), string('domain'), repeated('metadata', '.google.rpc.ErrorInfo.MetadataEntry')],
      [mapEntry('MetadataEntry')],
    ),
    type('RetryInfo', [message('retry_delay', '.google.protobuf.Duration')]),
    type('DebugInfo', [field('stack_entries', STRING, REPEATED), string('detail')]),
    type('QuotaFailure', [repeated('violations', '.google.rpc.QuotaFailure.Violation')], [quotaViolation()]),
    type(
      'PreconditionFailure',
      [repeated('violations', '.google.rpc.PreconditionFailure.Violation')],
      [type('Violation', [string('type'), string('subject'), string('description')])],
    ),
    type(
      'BadRequest',
      [repeated('field_violations', '.google.rpc.BadRequest.FieldViolation')],
      [
        type('FieldViolation', [
          string('field'),
          string('description'),
          string('reason'),
          message('localized_message', '.google.rpc.LocalizedMessage'),
        ]),
      ],
    ),
    type('RequestInfo', [string('request_id'), string('serving_data')]),
    type('ResourceInfo', [string('resource_type'), string('resource_name'), string('owner'), string('description')]),
    type('Help', [repeated('links', '.google.rpc.Help.Link')], [type('Link', [string('description'), string('url')])]),
    type('LocalizedMessage', [string('locale'), string('message')]),
  ],
})

const BUILT_IN = createFileRegistry(FILE, (name) =>
  name === DurationSchema.file.proto.name ? DurationSchema.file.proto : undefined,
)

/** The registry, and google.rpc's detail types (and what is used with them) where it has none of the name. */
export function withErrorDetails(registry: Registry): Registry {
  // Of two types of one name the later holds.
  return createRegistry(BUILT_IN, AnySchema, DurationSchema, registry)
}
