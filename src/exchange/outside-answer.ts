import type { IncomingMessage } from 'node:http'

/** What a client got that its request's exchange did not write: the request broke while it was served. */
export interface OutsideAnswer {
  readonly requestId: string
  readonly httpStatus: number
  readonly grpcStatus: number
  readonly reason: string | undefined
  readonly bytesOut: number
}

const answers = new WeakMap<IncomingMessage, OutsideAnswer>()

/** To be noted before the connection closes, for who watches the request. */
export function noteOutsideAnswer(req: IncomingMessage, answer: OutsideAnswer): void {
  answers.set(req, answer)
}

export function outsideAnswerOf(req: IncomingMessage): OutsideAnswer | undefined {
  return answers.get(req)
}
