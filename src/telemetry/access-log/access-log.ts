import type { RequestObserver } from '../../exchange/index.js'
import type { TelemetryKind } from '../types.js'
import { combinedLines } from './combined.js'
import { refusedEntry, RequestEntry } from './entry.js'
import { jsonLines } from './json-lines.js'
import { LineWriter, type LineWriterOptions } from './line-writer.js'

/** `telemetry.accessLog`: a line for each request when it has ended. */
export const accessLog: TelemetryKind = {
  name: 'accessLog',
  settingsOf: ({ accessLog: config }) => config,
  open: ({ accessLog: config }, { logger }) => {
    const { format, file, fields } = config!
    const put = format === 'json' ? jsonLines(fields) : combinedLines()
    const writer = writerOf({ put, file, logger })
    const observer: Partial<RequestObserver> = {
      onEnd: (request) => writer.write(new RequestEntry(request)),
      onRefused: (refused) => writer.write(refusedEntry(refused)),
    }
    return { observer, reopen: () => writer.reopen(), close: () => writer.close() }
  },
}

/** @throws Error where the file cannot be opened, with its place in the configuration */
function writerOf<T>(options: LineWriterOptions<T>): LineWriter<T> {
  try {
    return new LineWriter(options)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === 'ENXIO' ? 'nobody reads this FIFO: start its reader first' : message
    throw new Error(`telemetry.accessLog.file: ${JSON.stringify(options.file)} cannot be written: ${why}`, {
      cause: error,
    })
  }
}
