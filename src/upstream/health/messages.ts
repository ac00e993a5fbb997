import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/** `grpc.health.v1.HealthCheckResponse.ServingStatus` (grpc/grpc-proto grpc/health/v1/health.proto). */
export const SERVING = 1
const STATUS_NAMES: readonly string[] = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']

const SERVICE_FIELD = 1
const STATUS_FIELD = 1

/** A `HealthCheckRequest`. @param service `''`: the server as a whole */
export function encodeHealthRequest(service: string): Uint8Array {
  const writer = new BinaryWriter()
  if (service !== '') writer.tag(SERVICE_FIELD, WireType.LengthDelimited).string(service)
  return writer.finish()
}

/** The status of a `HealthCheckResponse`, 0 where it has none; undefined: the bytes are no such message. */
export function decodeHealthResponse(bytes: Uint8Array): number | undefined {
  let status = 0
  try {
    const reader = new BinaryReader(bytes)
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag()
      if (field === STATUS_FIELD && wireType === WireType.Varint) status = reader.int32()
      else reader.skip(wireType, field)
    }
    return status
  } catch {
    return undefined
  }
}

/** The name of a status, for a person. */
export function servingStatusName(status: number): string {
  return STATUS_NAMES[status] ?? `status ${status}`
}
