import type { Quota } from './types.js'

/* What workers and their primary tell each other of limits, over the channel of node:cluster. */

/** A worker counts against these from now on; what it counted against before may still come. */
export interface UseMessage {
  readonly for: 'protobridge limits'
  readonly use: readonly Quota[]
}

/** A worker asks to count: by number of the question, id of the quota, key and cost. */
export interface CountMessage {
  readonly for: 'protobridge limits'
  readonly count: (readonly [number: number, id: string, key: string, cost: number])[]
}

/** The primary's verdicts, by the numbers of the questions. */
export interface AnswerMessage {
  readonly for: 'protobridge limits'
  readonly counted: readonly (readonly [number: number, isAllowed: boolean, remaining: number, msBeforeNext: number])[]
}

export const isUse = (message: unknown): message is UseMessage => isOurs(message) && 'use' in message
export const isCount = (message: unknown): message is CountMessage => isOurs(message) && 'count' in message
export const isAnswer = (message: unknown): message is AnswerMessage => isOurs(message) && 'counted' in message

/** Others use the channel too. */
function isOurs(message: unknown): message is { readonly for: 'protobridge limits' } {
  return typeof message === 'object' && message !== null && 'for' in message && message.for === 'protobridge limits'
}
