import type { Logger } from 'pino'
import type { ErrorView } from '../admin/index.js'
import type { FailedAnswer } from '../exchange/index.js'

/** As many different ones are kept. */
const MAX_ENTRIES = 100
/** Of a message: upstreams and paths may be as long as they like. */
const MAX_LENGTH = 500

/**
 * What went wrong lately, for whoever looks at the admin port: answers of 5xx, and what was logged as a warning or worse.
 * What comes again and again is kept once, and counted, so that an outage does not push all else out.
 */
export class Journal {
  /** By what makes two the same; the oldest first. */
  readonly #entries = new Map<string, ErrorView>()

  /** Newest first. */
  get entries(): readonly ErrorView[] {
    return [...this.#entries.values()].reverse()
  }

  /** Notes an answer of 5xx. */
  noteAnswer({ method, path, rpcName, requestId, status, reason, message }: FailedAnswer): void {
    const route = cut(rpcName === '' ? path : rpcName)
    this.#note(`${status} ${reason} ${method} ${route}`, {
      kind: 'answer',
      message,
      request: { method, route, status, reason, requestId },
    })
  }

  /** The same logger, whose warnings and errors are noted too. */
  follow(logger: Logger): Logger {
    const noting = (level: 'warn' | 'error' | 'fatal') => ({
      value: (...args: Parameters<Logger['warn']>): void => {
        const message = messageOf(args)
        this.#note(message, { kind: level === 'warn' ? 'warning' : 'error', message })
        logger[level](...args)
      },
    })
    return Object.create(logger, { warn: noting('warn'), error: noting('error'), fatal: noting('fatal') }) as Logger
  }

  #note(key: string, what: Pick<ErrorView, 'kind' | 'message' | 'request'>): void {
    const count = (this.#entries.get(key)?.count ?? 0) + 1
    this.#entries.delete(key)
    this.#entries.set(key, { ...what, message: cut(what.message), time: new Date().toISOString(), count })
    if (this.#entries.size <= MAX_ENTRIES) return
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest)
      break
    }
  }
}

const cut = (text: string): string => (text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text)

/** What pino writes as `msg`, with the error's own words and whose it is. */
function messageOf(args: readonly unknown[]): string {
  const [first, second] = args
  if (typeof first === 'string') return first
  const text = typeof second === 'string' ? second : ''
  if (typeof first !== 'object' || first === null) return text
  const whose = 'upstream' in first && typeof first.upstream === 'string' ? `${first.upstream}: ` : ''
  const error = 'err' in first && first.err instanceof Error ? `: ${first.err.message}` : ''
  return `${whose}${text}${error}`
}
