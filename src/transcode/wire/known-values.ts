import { ValueError } from '../errors/transcode-error.js'
import { formatDuration } from '../values/duration.js'
import { formatFieldMask } from '../values/field-mask.js'
import { formatTimestamp, type SecondsAndNanos } from '../values/timestamp.js'
import type { FieldValue, WireMessage } from './wire-message.js'

/** What well-known types hold, by the field numbers of google/protobuf/*.proto, which the plan has checked. */

export function valueOf(message: WireMessage, number: number): FieldValue | undefined {
  return message.get(message.plan.byNumber.get(number)!)
}

/**
 * The text of a Timestamp, Duration or FieldMask, as its JSON string holds it.
 *
 * @throws ValueError where it has none
 */
export function textOf(form: 'timestamp' | 'duration' | 'fieldMask', message: WireMessage): string {
  switch (form) {
    case 'timestamp':
      return formatTimestamp(secondsAndNanos(message))
    case 'duration':
      return formatDuration(secondsAndNanos(message))
    case 'fieldMask':
      return formatFieldMask(pathsOf(message))
  }
}

function secondsAndNanos(message: WireMessage): SecondsAndNanos {
  return {
    seconds: (valueOf(message, 1) as bigint | undefined) ?? 0n,
    nanos: (valueOf(message, 2) as number | undefined) ?? 0,
  }
}

function pathsOf(message: WireMessage): string[] {
  const paths = (valueOf(message, 1) as (string | Uint8Array)[] | undefined) ?? []
  return paths.map((path) => {
    if (typeof path !== 'string') throw new ValueError('a path is not UTF-8')
    return path
  })
}

/**
 * The type URL and the bytes of an Any.
 *
 * @throws ValueError where the type URL is not UTF-8
 */
export function partsOfAny(message: WireMessage): { readonly typeUrl: string; readonly bytes: Uint8Array } {
  const typeUrl = valueOf(message, 1) ?? ''
  if (typeof typeUrl !== 'string') throw new ValueError('a type URL is not UTF-8')
  return { typeUrl, bytes: (valueOf(message, 2) as Uint8Array | undefined) ?? new Uint8Array(0) }
}
