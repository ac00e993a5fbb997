import { parentPort, workerData } from 'node:worker_threads'
import type { FromThread, ToThread } from './export-thread.js'
import { openSpanExport, type ExportSettings } from './span-export.js'
import { watchPartialSuccess } from './partial-success.js'
import type { SpanRow } from './span-row.js'
import type { ExportEvents } from './telling-exporter.js'

/* What runs in the thread that sends spans: takes them as they come, and tells what becomes of them. */

const port = parentPort!
const tell = (message: FromThread): void => port.postMessage(message)

const events: ExportEvents = {
  onTaken: (count) => tell({ taken: count }),
  onSent: (count) => tell({ sent: count }),
  onLost: (why, count) => tell({ why, lost: count }),
  onRefused: (why, count) => tell({ why, refused: count }),
}
watchPartialSuccess(events)

// What comes before it is open waits in the port.
const spans = await openSpanExport(workerData as ExportSettings, events)

port.on('message', (message: ToThread) => {
  if (message !== 'shutdown') {
    for (const text of message) for (const row of JSON.parse(text) as readonly SpanRow[]) spans.add(row)
    return
  }
  void spans.shutdown().finally(() => {
    tell({ closed: true })
    port.close()
  })
})
