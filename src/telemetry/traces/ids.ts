import { RandomIds } from '../../ids/index.js'

const TRACE_DIGITS = 32
const SPAN_DIGITS = 16
const SPAN_START = '00-'.length + TRACE_DIGITS + '-'.length

/** All zeros, which would be invalid, are as likely as guessing another's id. */
const traceparents = new RandomIds(`00-${'x'.repeat(TRACE_DIGITS)}-${'x'.repeat(SPAN_DIGITS)}-00`)

/** The `traceparent` of a trace that begins, not sampled. */
export function newTraceparent(): string {
  return traceparents.next()
}

/** The four words of 32 bits of the newest trace id, XORed. */
export function foldOfNewest(): number {
  let fold = 0
  for (let digit = 0; digit < TRACE_DIGITS; digit += 8) fold ^= traceparents.wordOfNewest(digit)
  return fold >>> 0
}

/** 16 digits. */
export function newSpanId(): string {
  return traceparents.next().slice(SPAN_START, SPAN_START + SPAN_DIGITS)
}
