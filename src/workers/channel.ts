/** The end of a line to another process, over which plain values go. */
export interface Line {
  /** Throws, or calls back with an error, where nobody is there any more. */
  send(message: object, onSent: (error: Error | null) => void): void
  onMessage(listener: (message: unknown) => void): void
  onEnd(listener: () => void): void
}

/** The node:cluster messages of others (rate-limiter-flexible's, Node's own) go over the same line. */
const MARK = 'protobridge'

type Message =
  | { readonly [MARK]: 'ask'; readonly id: number; readonly name: string; readonly argument: unknown }
  | { readonly [MARK]: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly [MARK]: 'failure'; readonly id: number; readonly message: string }

interface Pending {
  resolve(value: unknown): void
  reject(error: Error): void
  readonly timer: NodeJS.Timeout | undefined
}

/** Nobody is at the other end any more. */
export class ChannelEnded extends Error {}

/** Questions and answers between two processes, either way. */
export class Channel {
  readonly #line: Line
  readonly #answers = new Map<string, (argument: unknown) => unknown>()
  readonly #pending = new Map<number, Pending>()
  #lastId = 0
  #hasEnded = false

  constructor(line: Line) {
    this.#line = line
    line.onMessage((message) => {
      if (isOurs(message)) this.#onMessage(message)
    })
    line.onEnd(() => this.#end())
  }

  /** What is said to questions of this name. An error rejects at the other end, with its message. */
  answer(name: string, give: (argument: unknown) => unknown): void {
    this.#answers.set(name, give)
  }

  /** @param timeoutMs default: as long as it takes, or until the other process ends */
  ask(name: string, argument?: unknown, timeoutMs?: number): Promise<unknown> {
    if (this.#hasEnded) return Promise.reject(new ChannelEnded('the process has ended'))
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      const timer =
        timeoutMs === undefined
          ? undefined
          : setTimeout(() => {
              this.#pending.delete(id)
              reject(new Error(`no answer to ${name} within ${timeoutMs} ms`))
            }, timeoutMs)
      this.#pending.set(id, { resolve, reject, timer })
      this.#send({ [MARK]: 'ask', id, name, argument })
    })
  }

  #onMessage(message: Message): void {
    if (message[MARK] === 'ask') return void this.#answer(message)
    const pending = this.#pending.get(message.id)
    // It came too late.
    if (pending === undefined) return
    this.#pending.delete(message.id)
    clearTimeout(pending.timer)
    if (message[MARK] === 'answer') pending.resolve(message.value)
    else pending.reject(new Error(message.message))
  }

  async #answer({ id, name, argument }: Extract<Message, { [MARK]: 'ask' }>): Promise<void> {
    try {
      const give = this.#answers.get(name)
      if (give === undefined) throw new Error(`nobody answers to ${name}`)
      this.#send({ [MARK]: 'answer', id, value: await give(argument) })
    } catch (error) {
      this.#send({ [MARK]: 'failure', id, message: error instanceof Error ? error.message : String(error) })
    }
  }

  /** An error means that the other end is gone, which is told by `onEnd`, too. */
  #send(message: Message): void {
    this.#line.send(message, (error) => {
      if (error !== null) this.#end()
    })
  }

  #end(): void {
    this.#hasEnded = true
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer)
      reject(new ChannelEnded('the process has ended'))
    }
    this.#pending.clear()
  }
}

function isOurs(message: unknown): message is Message {
  return typeof message === 'object' && message !== null && MARK in message
}
