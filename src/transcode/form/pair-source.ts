import type { BoundLeaf } from '../decode/bound-message.js'
import type { TranscodeReason } from '../reasons.js'

/** Where name and value pairs in form encoding stand in a request, and how errors speak of them. */
export interface PairSource {
  readonly origin: BoundLeaf['origin']
  /** `the query parameter`, before its name. */
  readonly noun: string
  /** What the names are fields of: `the request`. */
  readonly owner: string
  /** Path of the owner from the request down, with its dot: `book.`; '' for the request itself. */
  readonly prefix: string
  /** What is said of a field that a pair cannot give a value to. */
  readonly unsayable: string
  /** What to do about such a field. */
  readonly advice: string
  /** Characters over ASCII stand for themselves, where they are valid. */
  readonly allowsUnescaped: boolean
  readonly reasons: {
    readonly malformed: TranscodeReason
    readonly unknown: TranscodeReason
    readonly repeated: TranscodeReason
    readonly unbindable: TranscodeReason
  }
}

export const QUERY: PairSource = {
  origin: 'query',
  noun: 'the query parameter',
  owner: 'the request',
  prefix: '',
  unsayable: 'which has no query form',
  advice: 'use the body',
  // RFC 3986 §3.4: a query is ASCII.
  allowsUnescaped: false,
  reasons: {
    malformed: 'MALFORMED_PARAMETER',
    unknown: 'UNKNOWN_PARAMETER',
    repeated: 'REPEATED_PARAMETER',
    unbindable: 'UNBINDABLE_PARAMETER',
  },
}

/**
 * A form that is a message.
 *
 * @param owner the message's simple name
 * @param prefix `book.` where the body is that field
 */
export function formSource(owner: string, prefix: string): PairSource {
  return {
    origin: 'body',
    noun: 'the form field',
    owner,
    prefix,
    unsayable: 'which a form cannot say',
    advice: 'send JSON',
    // WHATWG URL §5.1: a form is parsed as bytes, those over ASCII being UTF-8.
    allowsUnescaped: true,
    reasons: {
      malformed: 'MALFORMED_FORM',
      unknown: 'UNKNOWN_FIELD',
      repeated: 'DUPLICATE_FIELD',
      unbindable: 'UNBINDABLE_FIELD',
    },
  }
}
