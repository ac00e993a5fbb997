import { RandomIds } from '../../ids/index.js'

const TRACE_DIGITS = 32
const SPAN_DIGITS = 16
const TRACE_START = '00-'.length
const SPAN_START = TRACE_START + TRACE_DIGITS + '-'.length

/** All zeros, which would be invalid, are as likely as guessing another's id. */
const traceparents = new RandomIds(`00-${'x'.repeat(TRACE_DIGITS)}-${'x'.repeat(SPAN_DIGITS)}-00`)

/** The `traceparent` of a trace that begins, not sampled. */
export function newTraceparent(): string {
  return traceparents.next()
}

/** The four words of 32 bits of the newest trace id, XORed. */
export function foldOfNewest(): number {
  let fold = 0
  for (let at = TRACE_START; at < TRACE_START + TRACE_DIGITS; at += 8) fold ^= traceparents.wordOfNewest(at)
  return fold >>> 0
}

/** 16 digits. */
export function newSpanId(): string {
  return traceparents.next().slice(SPAN_START, SPAN_START + SPAN_DIGITS)
}
