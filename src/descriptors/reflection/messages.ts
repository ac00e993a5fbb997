import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/**
 * ServerReflectionRequest and ServerReflectionResponse (grpc/reflection/v1/reflection.proto; v1alpha has the same
 * numbers), as far as they are used here.
 */
const REQUEST = { fileByFilename: 3, fileContainingSymbol: 4, listServices: 7 } as const
const RESPONSE = { fileDescriptor: 4, listServices: 6, error: 7 } as const
/** FileDescriptorResponse.file_descriptor_proto, ListServiceResponse.service and ServiceResponse.name. */
const FIRST = 1
const ERROR = { code: 1, message: 2 } as const

export interface ReflectionRequest {
  readonly kind: keyof typeof REQUEST
  /** File name or symbol; '' for listServices. */
  readonly name: string
}

export type ReflectionResponse =
  | { readonly kind: 'files'; readonly files: readonly Uint8Array[] }
  | { readonly kind: 'services'; readonly names: readonly string[] }
  | { readonly kind: 'error'; readonly code: number; readonly message: string }
  | { readonly kind: 'unknown' }

export function encodeRequest(request: ReflectionRequest): Uint8Array {
  return new BinaryWriter().tag(REQUEST[request.kind], WireType.LengthDelimited).string(request.name).finish()
}

/** @throws Error where the bytes are no message */
export function decodeResponse(bytes: Uint8Array): ReflectionResponse {
  let response: ReflectionResponse = { kind: 'unknown' }
  eachField(bytes, (number, reader, wireType) => {
    if (wireType !== WireType.LengthDelimited) return false
    switch (number) {
      case RESPONSE.fileDescriptor:
        response = { kind: 'files', files: repeated(reader.bytes(), (inner) => inner.bytes()) }
        return true
      case RESPONSE.listServices: {
        const names = repeated(reader.bytes(), (inner) => repeated(inner.bytes(), (one) => one.string())[0] ?? '')
        response = { kind: 'services', names }
        return true
      }
      case RESPONSE.error:
        response = decodeError(reader.bytes())
        return true
      default:
        return false
    }
  })
  return response
}

function decodeError(bytes: Uint8Array): ReflectionResponse {
  let code = 0
  let message = ''
  eachField(bytes, (number, reader, wireType) => {
    if (number === ERROR.code && wireType === WireType.Varint) code = reader.int32()
    else if (number === ERROR.message && wireType === WireType.LengthDelimited) message = reader.string()
    else return false
    return true
  })
  return { kind: 'error', code, message }
}

/** Values of field 1. */
function repeated<T>(bytes: Uint8Array, read: (reader: BinaryReader) => T): T[] {
  const values: T[] = []
  eachField(bytes, (number, reader, wireType) => {
    if (number !== FIRST || wireType !== WireType.LengthDelimited) return false
    values.push(read(reader))
    return true
  })
  return values
}

/** Calls `read` for each field; what it does not read (false) is passed over. */
function eachField(
  bytes: Uint8Array,
  read: (number: number, reader: BinaryReader, wireType: WireType) => boolean,
): void {
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag()
    if (!read(number, reader, wireType)) reader.skip(wireType, number)
  }
}
