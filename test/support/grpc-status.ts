import { fileURLToPath } from 'node:url'
import { loadSync, type MessageTypeDefinition } from '@grpc/proto-loader'

const PROTOS = fileURLToPath(new URL('../../protos', import.meta.url))
const definition = loadSync(['google/rpc/status.proto', 'google/rpc/error_details.proto'], {
  includeDirs: [PROTOS],
  keepCase: true,
})

/** A packed message: of google.rpc, by its simple name and fields, or any bytes under any type. */
export type Detail = readonly [type: string, fields: object] | { readonly type_url: string; readonly value: Uint8Array }

/** A google.rpc.Status as `grpc-status-details-bin` carries it: base64 of its bytes. */
export function statusDetails(code: number, message: string, ...details: readonly Detail[]): string {
  const packed = details.map((detail) =>
    'type_url' in detail
      ? detail
      : {
          type_url: `type.googleapis.com/google.rpc.${detail[0]}`,
          value: serialize(`google.rpc.${detail[0]}`, detail[1]),
        },
  )
  return serialize('google.rpc.Status', { code, message, details: packed }).toString('base64')
}

function serialize(type: string, fields: object): Buffer {
  return (definition[type] as MessageTypeDefinition<object, object>).serialize(fields)
}
