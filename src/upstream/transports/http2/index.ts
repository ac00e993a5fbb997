import type { Transport } from '../../types.js'
import { Http2Connection } from './connection.js'
import { DeadlineWheel } from './deadline-wheel.js'

/** One for all calls of the process: the deadlines of a thousand endpoints are one timer. */
const wheel = new DeadlineWheel({
  now: Date.now,
  setTimer: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
})

/** Our own HTTP/2 client: see docs/decisions/http2-transport.md. */
export const http2Transport: Transport = {
  name: 'http2',
  open: (endpoint, options) => new Http2Connection(endpoint, options, wheel),
}
