import { Code, type ReasonRow } from '../status/index.js'

const malformed = (meaning: string, advice: string): ReasonRow => ({ code: Code.InvalidArgument, meaning, advice })

/**
 * Every `google.rpc.ErrorInfo.reason` that turning text into messages and back can give, closed and stable. The
 * documentation of errors is checked against this table.
 */
export const TRANSCODE_REASONS = {
  MALFORMED_JSON: malformed(
    'The body is not one JSON value as RFC 8259 has it: syntax, a byte order mark, invalid UTF-8, a lone surrogate.',
    'Correct the text at the line and column the message names.',
  ),
  MALFORMED_XML: malformed(
    'The body is not a well-formed XML 1.0 document with namespaces, has a DOCTYPE, or declares an encoding it is not in.',
    'Correct the text at the line and column the message names.',
  ),
  WRONG_ROOT_ELEMENT: malformed(
    'The root element of an XML body is not that of the message, or of the body field.',
    'Use the name, and the namespace, that the message gives.',
  ),
  UNSUPPORTED_XML_ENCODING: {
    code: Code.InvalidArgument,
    httpStatus: 415,
    meaning: 'An XML body is in another encoding than UTF-8 or US-ASCII.',
    advice: 'Send UTF-8.',
  },
  MALFORMED_FORM: malformed(
    'A form body has an invalid escape, a byte order mark, or is not UTF-8.',
    'Encode names and values as UTF-8 with percent-encoding.',
  ),
  MALFORMED_PROTOBUF: malformed(
    'The protobuf body does not decode as the message it should be.',
    'Serialize the message (or the body field) named by the method; check the Content-Type.',
  ),
  MALFORMED_FIELD: malformed(
    'A value in the body is not one of its field’s type, or out of its range.',
    'Send the value in the form ProtoJSON (in XML: docs/xml.md) gives for the field’s type.',
  ),
  MISSING_FIELD: malformed('A required field (proto2) has no value.', 'Set the field.'),
  UNKNOWN_FIELD: malformed(
    'The body has a field the message does not have; in XML, an element or an attribute; in a form, a name.',
    'Use the name the message suggests, or set `json: { unknownFields: ignore }` at the gateway.',
  ),
  DUPLICATE_FIELD: malformed(
    'A key stands twice in one object, or a field under both of its spellings, or a map key in two spellings; in XML, the element of a singular field stands twice; in a form, its name.',
    'Send each field once.',
  ),
  UNBINDABLE_FIELD: malformed(
    'A name in a form is that of a field a form cannot say: a message, a repeated message, a map, a Struct.',
    'Name a scalar field inside the message, or send JSON.',
  ),
  ONEOF_CONFLICT: malformed('Two members of one oneof are set.', 'Set one of them.'),
  FIELD_BOUND_TWICE: malformed(
    'A field the path binds has another value in the body, or is also a query parameter.',
    'Leave the field to the path.',
  ),
  UNKNOWN_PARAMETER: malformed(
    'A query parameter names no field of the request.',
    'Use the name the message suggests; at the gateway, list it in `query.ignore` or set `query: { unknown: ignore }`.',
  ),
  REPEATED_PARAMETER: malformed(
    'A query parameter of a singular field is given twice, or a field under both of its spellings.',
    'Send the parameter once, under one name.',
  ),
  UNBINDABLE_PARAMETER: malformed(
    'A query parameter names a field that has no query form: a message, a map, or a field the body holds.',
    'Name a scalar field inside the message, or send the field in the body.',
  ),
  MALFORMED_PARAMETER: malformed(
    'A query parameter is wrongly percent-encoded, or its value is not one of its field’s type.',
    'Encode the query as UTF-8 with percent-encoding; send the value in the form of the field’s type.',
  ),
  MALFORMED_PATH_VALUE: malformed(
    'A value taken from the path is not one of its field’s type.',
    'Send the value in the form of the field’s type.',
  ),
  UNEXPECTED_BODY: malformed(
    'The request has a body where none is bound.',
    'Send no body, `{}`, or an empty root element.',
  ),
  MISSING_BODY: malformed('The body is empty where it is the value of a scalar field.', 'Send the value.'),
  UNSUPPORTED_BODY: {
    code: Code.InvalidArgument,
    httpStatus: 415,
    meaning: 'The body is bound to a field that has no form in the format of the Content-Type.',
    advice: 'Send JSON.',
  },
  DEPTH_EXCEEDED: malformed('The request message is nested deeper than 100 levels.', 'Send a flatter message.'),
  MALFORMED_UPSTREAM_MESSAGE: {
    code: Code.Internal,
    httpStatus: 502,
    meaning: 'The service answered with bytes that do not decode as its response type.',
    advice: 'Compare the descriptors the gateway was given with those the service was built from.',
  },
  UNREPRESENTABLE_VALUE: {
    code: Code.Internal,
    meaning: 'The service answered with a value that has no form in the response format (a Timestamp out of range …).',
    advice: 'Correct the service, give the gateway the descriptors of types packed in Any, or ask for protobuf.',
  },
} as const satisfies Record<string, ReasonRow>

export type TranscodeReason = keyof typeof TRANSCODE_REASONS
