import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { ExportSettings, SpanSink } from './span-export.js'
import type { EndedSpan } from './span-row.js'
import type { ExportEvents } from './telling-exporter.js'

/** Spans, JSON of lists of SpanRow, in the order they ended. */
export type ToThread = readonly string[] | 'shutdown'
export type FromThread =
  | { readonly taken: number }
  | { readonly sent: number }
  | { readonly why: string; readonly lost: number }
  | { readonly why: string; readonly refused: number }
  | { readonly closed: true }

const THREAD = new URL('./export-thread-main.js', import.meta.url)
/** So many become rows, and one text, together. Fewer cost more (see {@link EndedSpan}). */
const TOGETHER = 16
/** A thread that has ended by itself is replaced after so long, twice as long where nothing was sent since the last; ms. */
const RESTART_MS = 1000
const MAX_RESTART_MS = 300_000

const ENDED = 'the thread that sends them has ended'

/** False where the sources run as they are, not built. */
export const hasThread = (): boolean => existsSync(fileURLToPath(THREAD))

/**
 * Sends spans from a thread of its own. Where requests are served, 512 of them would be made into bytes at a time, which takes some 10 ms
 * of everybody's, and node's own HTTP code, which serves and sends in one process, would be compiled for both, and slower for each.
 *
 * They are gathered here until there is a batch, as texts: what waits for seconds is moved by each collection of garbage, a text as one
 * piece, a span object by object. There they are objects only while a batch is sent (docs/decisions/telemetry.md).
 */
export class ThreadExport implements SpanSink {
  readonly #settings: ExportSettings
  readonly #events: ExportEvents
  readonly #onFault: (error: Error) => void
  #worker: Worker | undefined
  #newest: EndedSpan[] = []
  #texts: string[] = []
  /** Spans in the texts. */
  #gathered = 0
  /** Given to the thread, and not yet taken there. */
  #given = 0
  #restartMs = RESTART_MS
  #timer: NodeJS.Timeout | undefined
  #onClosed: (() => void) | undefined
  #isClosed = false

  /** @param onFault told when the thread has ended, though nobody has asked it to */
  constructor(settings: ExportSettings, events: ExportEvents, onFault: (error: Error) => void) {
    this.#settings = settings
    this.#events = events
    this.#onFault = onFault
    this.#start()
  }

  add(span: EndedSpan): void {
    const { maxBatchSize, delayMs } = this.#settings
    this.#newest.push(span)
    if (this.#gathered + this.#newest.length >= maxBatchSize) return this.#give()
    if (this.#newest.length >= TOGETHER) this.#write()
    this.#timer ??= setTimeout(() => this.#give(), delayMs).unref()
  }

  async shutdown(): Promise<void> {
    this.#isClosed = true
    this.#give()
    const worker = this.#worker
    if (worker === undefined) return
    await new Promise<void>((resolve) => {
      this.#onClosed = resolve
      worker.postMessage('shutdown' satisfies ToThread)
    })
  }

  /** Does not wait for what is not sent. */
  stop(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    void this.#worker?.terminate()
  }

  /** Makes a text of the newest. */
  #write(): void {
    const spans = this.#newest
    if (spans.length === 0) return
    this.#newest = []
    try {
      this.#texts.push(JSON.stringify(spans.map((span) => span.row())))
      this.#gathered += spans.length
    } catch (error) {
      // A value that is no plain data. Thrown in a timer it would end the process.
      this.#lose((error as Error).message, spans.length)
    }
  }

  #give(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#write()
    const [texts, count] = [this.#texts, this.#gathered]
    if (count === 0) return
    this.#texts = []
    this.#gathered = 0
    if (this.#worker === undefined) return this.#lose(ENDED, count)
    this.#given += count
    this.#worker.postMessage(texts satisfies ToThread)
  }

  #lose(why: string, count: number): void {
    this.#events.onTaken(count)
    this.#events.onLost(why, count)
  }

  #start(): void {
    // What comes there has been gathered.
    const settings: ExportSettings = { ...this.#settings, delayMs: 0 }
    const worker = new Worker(THREAD, { workerData: settings, execArgv: [], name: 'protobridge traces' })
    this.#worker = worker
    // What is served keeps the process alive, or nothing does.
    worker.unref()
    worker.on('message', (message: FromThread) => this.#onMessage(message))
    worker.on('error', (error: Error) => this.#onFault(error))
    worker.on('exit', () => this.#onExit())
  }

  #onMessage(message: FromThread): void {
    if ('taken' in message) {
      this.#given -= message.taken
      this.#events.onTaken(message.taken)
    } else if ('sent' in message) {
      this.#restartMs = RESTART_MS
      this.#events.onSent(message.sent)
    } else if ('lost' in message) this.#events.onLost(message.why, message.lost)
    else if ('refused' in message) this.#events.onRefused(message.why, message.refused)
    else this.#onClosed?.()
  }

  #onExit(): void {
    this.#worker = undefined
    this.#onClosed?.()
    // Who closes tells what was not sent.
    if (this.#isClosed) return
    if (this.#given > 0) this.#lose(ENDED, this.#given)
    this.#given = 0
    setTimeout(() => this.#isClosed || this.#start(), this.#restartMs).unref()
    this.#restartMs = Math.min(MAX_RESTART_MS, this.#restartMs * 2)
  }
}
