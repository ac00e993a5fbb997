import { appendFile, close, constants, open, openSync, write } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import type { Logger } from 'pino'

export interface LineWriterOptions<T> {
  /**
   * Writes the line of an entry, of ASCII and with its end.
   * @returns where it ends; -1 where there is no room for it
   */
  readonly put: (entry: T, bytes: Buffer, at: number) => number
  /** Absolute; undefined: stdout. */
  readonly file: string | undefined
  readonly logger: Logger
  /** Where so many bytes wait to be written, more lines are dropped. */
  readonly maxWaitingBytes?: number
}

const MAX_WAITING_BYTES = 4 * 1024 * 1024
/** A line waits no longer for others to be written with; ms. */
const GATHER_MS = 100
/** Each write wakes a thread and comes back by the event loop: of 64 KB that costs a line of 350 bytes 0.3 µs more. */
const FILE_CHUNK_BYTES = 256 * 1024
/** POSIX writes so much to a pipe in one piece (PIPE_BUF): lines of several processes on one stdout stay whole. */
const PIPE_CHUNK_BYTES = 4096
/** Until a pipe that is full is tried again; ms. */
const FULL_PAUSE_MS = 20
/** How long the last lines may take at the end; ms. */
const CLOSE_TIMEOUT_MS = 2000

const MODE = 0o640
/** As `a`; but a FIFO that nobody reads is refused, and one that is full says so: either would be waited for. */
const FLAGS = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | constants.O_NONBLOCK
const NEWLINE = Buffer.from('\n')

/**
 * Appends lines to a file or stdout. Nobody waits for it: lines are gathered and written beside, one write at a
 * time; where they are not taken fast enough, what is beyond a bound is dropped, counted and told of.
 */
export class LineWriter<T> {
  readonly #put: LineWriterOptions<T>['put']
  readonly #file: string | undefined
  readonly #logger: Logger
  readonly #maxWaitingBytes: number
  readonly #chunkBytes: number
  #fd: number
  /** Whole lines, the first to be written first. */
  readonly #waiting: Chunk[] = []
  /** One that has been written, for the next lines. */
  #spare: Chunk | undefined
  #waitingBytes = 0
  #isWriting = false
  #isReopening = false
  /** One of which a part was written could not be finished: the next begins with a new line. */
  #isCutShort = false
  #timer: NodeJS.Timeout | undefined
  #lost = 0
  #isFailing = false
  #isClosed = false
  #onIdle: (() => void) | undefined

  /** @throws Error where the file cannot be opened */
  constructor({ put, file, logger, maxWaitingBytes = MAX_WAITING_BYTES }: LineWriterOptions<T>) {
    this.#put = put
    this.#file = file
    this.#logger = logger
    this.#maxWaitingBytes = maxWaitingBytes
    this.#chunkBytes = file === undefined ? PIPE_CHUNK_BYTES : FILE_CHUNK_BYTES
    // Node makes a pipe one that never blocks when it is first asked for stdout.
    this.#fd = file === undefined ? process.stdout.fd : openSync(file, FLAGS, MODE)
  }

  write(entry: T): void {
    if (this.#isClosed) return this.#writeLate(entry)
    if (this.#waitingBytes >= this.#maxWaitingBytes) return this.#lose(1)
    this.#waitingBytes += this.#add(entry)
    if (this.#isWriting) return
    if (this.#waitingBytes >= this.#chunkBytes) this.#writeNext()
    else this.#timer ??= setTimeout(() => this.#writeNext(), GATHER_MS)
  }

  /** @returns bytes */
  #add(entry: T): number {
    const last = this.#waiting.length - 1
    // The first is being written.
    const open = last > (this.#isWriting ? 0 : -1) ? this.#waiting[last]! : undefined
    const added = open === undefined || this.#isLarge(open) ? -1 : open.add(this.#put, entry)
    if (added >= 0) return added
    const chunk = this.#begin(entry)
    this.#waiting.push(chunk)
    return chunk.length
  }

  /** A chunk that begins with the line. */
  #begin(entry: T): Chunk {
    const usual = this.#spare ?? new Chunk(this.#chunkBytes)
    this.#spare = undefined
    if (usual.add(this.#put, entry) >= 0) return usual
    this.#spare = usual
    return chunkWith(this.#put, entry, 2 * this.#chunkBytes)
  }

  /** It holds one line, for which a usual one is too small. */
  #isLarge({ bytes }: Chunk): boolean {
    return bytes.length > this.#chunkBytes
  }

  /** Opens the file anew, once the write under way is done: whoever rotates logs has moved the old one. */
  reopen(): void {
    if (this.#file === undefined || this.#isClosed) return
    this.#isReopening = true
    if (!this.#isWriting) this.#writeNext()
  }

  /** Writes what waits, for a moment at most. */
  async close(): Promise<void> {
    // Requests that have just been cut end now.
    await setImmediate()
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#isWriting || this.#waiting.length > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, CLOSE_TIMEOUT_MS)
        this.#onIdle = () => {
          clearTimeout(timer)
          resolve()
        }
        if (!this.#isWriting) this.#writeNext()
      })
    }
    clearTimeout(this.#timer)
    this.#timer = undefined
    const left = this.#waiting.splice(0)
    this.#lost += left.reduce((sum, chunk) => sum + chunk.lines, 0)
    if (this.#lost > 0) this.#logger.warn({ lines: this.#lost }, 'lines of the access log were lost')
    // A write that hangs still has it.
    if (this.#file !== undefined && !this.#isWriting) close(this.#fd, () => undefined)
  }

  /** Of a request that was under way when a reload put another log in the place of this one. */
  #writeLate(entry: T): void {
    const { bytes, length } = chunkWith(this.#put, entry, PIPE_CHUNK_BYTES)
    const line = bytes.subarray(0, length)
    const onWritten = (error: Error | null): void => {
      if (error !== null) this.#logger.warn({ err: error }, 'a line of the access log was lost')
    }
    if (this.#file === undefined) write(this.#fd, line, onWritten)
    else appendFile(this.#file, line, { mode: MODE }, onWritten)
  }

  #writeNext(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#isReopening) return this.#reopenNow()
    const chunk = this.#waiting[0]
    if (chunk === undefined) {
      this.#isWriting = false
      this.#onIdle?.()
      return
    }
    this.#isWriting = true
    if (this.#isCutShort) {
      return write(this.#fd, NEWLINE, (error) => {
        this.#isCutShort = error !== null
        this.#onWritten(error, 0)
      })
    }
    const { bytes, from, length } = chunk
    write(this.#fd, bytes, from, length - from, null, (error, written) => this.#onWritten(error, written))
  }

  #onWritten(error: NodeJS.ErrnoException | null, written: number): void {
    // Closed, and given up.
    if (this.#waiting.length === 0) return
    const chunk = this.#waiting[0]!
    if (error === null) {
      this.#waitingBytes -= written
      chunk.from += written
      if (chunk.from < chunk.length) return this.#writeNext()
      this.#drop(chunk)
      if (this.#waiting.length === 0 && this.#isFailing) this.#tellRecovery()
      return this.#goOn()
    }
    if (error.code === 'EAGAIN' || error.code === 'EBUSY') {
      this.#timer = setTimeout(() => this.#writeNext(), FULL_PAUSE_MS)
      return
    }
    this.#waitingBytes -= chunk.length - chunk.from
    this.#isCutShort ||= chunk.from > 0
    this.#lose(chunk.lines, error)
    this.#drop(chunk)
    this.#goOn()
  }

  #drop(chunk: Chunk): void {
    this.#waiting.shift()
    if (this.#isLarge(chunk)) return
    chunk.clear()
    this.#spare = chunk
  }

  /** After a write: few lines wait for more, as they do where none is under way. */
  #goOn(): void {
    const mayWait = this.#waitingBytes > 0 && this.#waitingBytes < this.#chunkBytes
    if (!mayWait || this.#isClosed || this.#isReopening) return this.#writeNext()
    this.#isWriting = false
    this.#timer = setTimeout(() => this.#writeNext(), GATHER_MS)
  }

  #reopenNow(): void {
    this.#isReopening = false
    this.#isWriting = true
    open(this.#file!, FLAGS, MODE, (error, fd) => {
      if (error === null) {
        close(this.#fd, () => undefined)
        this.#fd = fd
        this.#isCutShort = false
      } else
        this.#logger.error({ err: error }, 'the access log cannot be opened anew: the old file goes on being written')
      this.#writeNext()
    })
  }

  #lose(lines: number, error?: Error): void {
    this.#lost += lines
    if (this.#isFailing || this.#isClosed) return
    this.#isFailing = true
    if (error === undefined)
      this.#logger.warn('the access log is not taken as fast as it is written: lines are dropped')
    else this.#logger.warn({ err: error }, 'the access log cannot be written: lines are lost')
  }

  /** All that waited is written. */
  #tellRecovery(): void {
    this.#logger.warn({ lines: this.#lost }, 'the access log is written again, without the lines that were lost')
    this.#lost = 0
    this.#isFailing = false
  }
}

/** Lines in one piece of memory. */
class Chunk {
  readonly bytes: Buffer
  /** What of it is written. */
  from = 0
  length = 0

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size)
  }

  /** @returns bytes; -1 where there is no room */
  add<T>(put: LineWriterOptions<T>['put'], entry: T): number {
    const end = put(entry, this.bytes, this.length)
    if (end < 0) return -1
    const added = end - this.length
    this.length = end
    return added
  }

  clear(): void {
    this.from = 0
    this.length = 0
  }

  /** How many are not wholly written. */
  get lines(): number {
    const text = this.bytes.toString('latin1', this.from, this.length)
    return text.split('\n').length - 1
  }
}

/** One that begins with the line, large enough. */
function chunkWith<T>(put: LineWriterOptions<T>['put'], entry: T, leastBytes: number): Chunk {
  for (let size = leastBytes; ; size *= 2) {
    const chunk = new Chunk(size)
    if (chunk.add(put, entry) >= 0) return chunk
  }
}
