import { status } from '@grpc/grpc-js'
import type { Metadata, ServerErrorResponse } from '@grpc/grpc-js'
import { loadProtos, messageType, packAny } from './protos.js'
import type { Any } from './protos.js'

/** One detail of an error: a message type of google/rpc/error_details.proto and its fields. */
interface Detail {
  type: 'ErrorInfo' | 'ResourceInfo' | 'BadRequest' | 'PreconditionFailure'
  fields: Record<string, unknown>
}

const rpcProtos = loadProtos()
const statusType = messageType<{ code: number; message: string; details: Any[] }>(rpcProtos, 'google.rpc.Status')

/**
 * A failed call with what https://aip.dev/193 wants told: the status code, a sentence, an ErrorInfo with a reason for
 * machines, and more by the kind of failure.
 */
export class RpcError extends Error {
  readonly code: status
  readonly details: readonly Detail[]

  constructor(code: status, message: string, details: readonly Detail[]) {
    super(message)
    this.name = 'RpcError'
    this.code = code
    this.details = details
  }

  /** As grpc-js sends it: the details go as a google.rpc.Status in the trailer `grpc-status-details-bin`. */
  toResponse(trailers: Metadata): ServerErrorResponse {
    const details = this.details.map((detail) => packAny(rpcProtos, `google.rpc.${detail.type}`, detail.fields))
    const metadata = trailers.clone()
    metadata.set('grpc-status-details-bin', statusType.serialize({ code: this.code, message: this.message, details }))
    return Object.assign(new Error(this.message), { code: this.code, details: this.message, metadata })
  }
}

/** What an ErrorInfo says. `domain` is the service's. */
function errorInfo(domain: string, reason: string, metadata: Record<string, string> = {}): Detail {
  return { type: 'ErrorInfo', fields: { reason, domain, metadata } }
}

/** The failures of one service, whose ErrorInfo domain they carry. */
export function errorsOf(domain: string) {
  return {
    /** NOT_FOUND. `resourceType` such as `library.example.com/Book`. */
    notFound(resourceType: string, name: string): RpcError {
      return new RpcError(status.NOT_FOUND, `${name} does not exist`, [
        errorInfo(domain, 'RESOURCE_NOT_FOUND', { resource: name }),
        {
          type: 'ResourceInfo',
          fields: { resource_type: resourceType, resource_name: name, description: 'there is none of this name' },
        },
      ])
    },

    /** ALREADY_EXISTS. */
    alreadyExists(resourceType: string, name: string): RpcError {
      return new RpcError(status.ALREADY_EXISTS, `${name} exists already`, [
        errorInfo(domain, 'RESOURCE_EXISTS', { resource: name }),
        {
          type: 'ResourceInfo',
          fields: { resource_type: resourceType, resource_name: name, description: 'choose another name' },
        },
      ])
    },

    /** INVALID_ARGUMENT. `field` is the path in the request, `book.title`. */
    invalidArgument(field: string, description: string): RpcError {
      return new RpcError(status.INVALID_ARGUMENT, `${field}: ${description}`, [
        errorInfo(domain, 'INVALID_FIELD', { field }),
        { type: 'BadRequest', fields: { field_violations: [{ field, description }] } },
      ])
    },

    /** FAILED_PRECONDITION. `subject` is the resource that is in the wrong state. */
    failedPrecondition(reason: string, subject: string, description: string): RpcError {
      return new RpcError(status.FAILED_PRECONDITION, `${subject}: ${description}`, [
        errorInfo(domain, reason, { resource: subject }),
        { type: 'PreconditionFailure', fields: { violations: [{ type: reason, subject, description }] } },
      ])
    },

    /** ABORTED: the caller's version of the resource is not the current one. */
    aborted(name: string, given: string, current: string): RpcError {
      return new RpcError(status.ABORTED, `${name} was changed meanwhile: read it again`, [
        errorInfo(domain, 'VERSION_MISMATCH', { resource: name, given, current }),
      ])
    },
  }
}

export type Errors = ReturnType<typeof errorsOf>
