import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { ServerRequest } from '../../src/exchange/index.js'
import { ActiveSpans } from '../../src/telemetry/traces/active-span.js'
import { Contexts } from '../support/contexts.js'

const span = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }
const traceparent = `00-${span.traceId}-${span.spanId}-01`
const mounted = new IncomingMessage(new Socket())
const ours = new ServerRequest(new Socket())

let spans: ActiveSpans
const found = (): (string | undefined)[] =>
  context.with(trace.setSpanContext(ROOT_CONTEXT, span), () => [
    spans.traceparentOf(mounted),
    spans.traceparentOf(ours),
  ])

beforeEach(() => {
  jest.useFakeTimers()
  spans = new ActiveSpans()
})

afterEach(() => {
  spans.close()
  jest.useRealTimers()
  context.disable()
})

test('of a program that does not trace itself, there is none', () => {
  expect(found()).toEqual([undefined, undefined])
})

test('of a program that does, it is there for a mounted handler at once and on our own listeners within a second', () => {
  context.setGlobalContextManager(new Contexts())
  expect(found()).toEqual([traceparent, undefined])
  jest.advanceTimersByTime(1000)
  expect(found()).toEqual([traceparent, traceparent])
  expect([spans.traceparentOf(mounted), spans.traceparentOf(ours)]).toEqual([undefined, undefined])
})

test('of a program that did before, it is there at once', () => {
  context.setGlobalContextManager(new Contexts())
  spans.close()
  spans = new ActiveSpans()
  expect(found()).toEqual([traceparent, traceparent])
})
