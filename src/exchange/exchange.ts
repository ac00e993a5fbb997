import type { IncomingMessage, ServerResponse } from 'node:http'
import type { MatchResult } from '../routing/index.js'
import { Code, codeName, httpStatusOf, StatusError } from '../status/index.js'
import type { RequestFormatName, ResponseWishes } from '../transcode/index.js'
import type { Call, Metadata, UnaryResult } from '../upstream/index.js'
import { codingsOf, type ContentCoding } from './content-coding.js'
import { addressRefused, plainAddress, schemeOf, type Client } from './edge.js'
import { deadlineExceeded, parseGrpcTimeout } from './deadline.js'
import { decodeBody } from './decode-body.js'
import { appendResponseHeaders, requestMetadata } from './metadata.js'
import {
  negotiateError,
  negotiateRequest,
  negotiateResponse,
  responseTypeOf,
  type ErrorType,
  type ResponseType,
} from './negotiate.js'
import { methodNotAllowed, noRoute } from './no-route.js'
import { checkLength, hasBody, readBody } from './read-body.js'
import { checkExpectation, giveLeave } from './expect.js'
import { outsideAnswerOf } from './outside-answer.js'
import { Observation } from './observation.js'
import type { RequestTrace } from './observer.js'
import { PolicyState } from './policy-request.js'
import { Reason } from './reasons.js'
import type { RequestTarget } from './request-target.js'
import { securityHeaders } from './security-headers.js'
import { requireUnary } from './streaming.js'
import type { Route, ServingContext, ServingState } from './types.js'
import { localStatusError, peerStatusBody } from './upstream-error.js'
import { writeError, writeLeast, writeResponse, writeStatus, type ResponseHead } from './write-response.js'

const EMPTY = Buffer.alloc(0)
const NO_CODINGS: readonly ContentCoding[] = []

/**
 * One unary request's life, from its matched route to its written response: negotiate, read, decode, call, encode.
 * Each step is a method that calls the next; every failure ends in `fail`. The state it was begun with serves it to
 * the end.
 */
export class Exchange {
  readonly #req: IncomingMessage
  readonly #res: ServerResponse
  readonly #context: ServingContext
  readonly #state: ServingState
  readonly #target: RequestTarget
  readonly #requestId: string
  /** Date.now() at the start: what Grpc-Timeout counts from. */
  readonly #startedMs: number
  /** Of the route; '' until there is one. */
  #rpcName = ''
  #captures: readonly string[] = []
  #requestFormat: RequestFormatName | undefined
  /** undefined for an HttpBody, which has a type of its own. */
  #responseType: ResponseType | undefined
  #wishes: ResponseWishes | undefined
  #clientDeadlineMs = Infinity
  #isBodyTaken = false
  /** undefined: whoever connected. */
  readonly #client: Client | undefined
  /** undefined: nobody traces. */
  readonly #trace: RequestTrace | undefined
  /** undefined: nobody watches. */
  readonly #observation: Observation | undefined
  /** undefined: the method has no policy. */
  #policies: PolicyState | undefined
  #call: Call | undefined
  #isOver = false
  /** Whether somebody still waits for what is being made. */
  readonly #isWanted = (): boolean => !this.#isOver
  readonly #onFault = (error: unknown): void => this.fail(error)

  constructor(
    req: IncomingMessage,
    res: ServerResponse,
    context: ServingContext,
    state: ServingState,
    target: RequestTarget,
    requestId: string,
  ) {
    this.#req = req
    this.#res = res
    this.#context = context
    this.#state = state
    this.#target = target
    this.#requestId = requestId
    this.#startedMs = Date.now()
    this.#client = state.edge?.clientOf(req)
    const { observer } = state
    if (observer !== undefined) {
      const trace = observer.traceOf(req)
      this.#trace = trace
      if (observer.watchesAll || trace?.isRecorded === true) {
        const address = this.#clientAddress()
        this.#observation = new Observation(
          observer,
          req,
          requestId,
          target,
          address,
          this.#scheme(),
          this.#startedMs,
          trace,
        )
      }
    }
    state.enter()
    res.on('close', () => this.#onClose())
  }

  /** False where the address may not come in, which has been answered. */
  isAdmitted(): boolean {
    if (this.#mayComeIn()) return true
    this.fail(addressRefused())
    return false
  }

  #mayComeIn(): boolean {
    const { edge } = this.#state
    return edge === undefined || edge.admits(this.#clientAddress())
  }

  /** Serves a matched route, if the address may come in. */
  serve(matched: Route, captures: readonly string[]): void {
    this.#captures = captures
    this.#rpcName = matched.rpcName
    try {
      const route = matched.variantFor === undefined ? matched : matched.variantFor(this.#req)
      if (this.#observation !== undefined) this.#observation.route = route
      const { policies, rpcName } = route
      if (policies !== undefined) {
        const request = { query: this.#target.query, rpcName, clientAddress: this.#clientAddress() }
        this.#policies = new PolicyState(this.#req, request, policies)
      }
      if (!this.#mayComeIn()) {
        // A page that may read what the method answers can read that refusal too.
        if (this.#policies !== undefined) policies?.cors?.answer(this.#policies)
        throw addressRefused()
      }
      const waiting = this.#policies?.filter()
      if (waiting === undefined) this.#begin(route)
      else this.#whenAllowed(waiting, () => this.#begin(route))
    } catch (error) {
      this.fail(error)
    }
  }

  #whenAllowed(waiting: Promise<void>, next: () => void): void {
    waiting
      .then(() => {
        if (!this.#isOver) next()
      })
      .catch((error: unknown) => this.fail(error))
  }

  /** Answers with an error, in the client's format. Anything but a StatusError is a fault of ours: told, and a 500. */
  fail(error: unknown): void {
    if (this.#isOver) return
    let status: StatusError
    if (error instanceof StatusError) status = error
    else {
      this.#tellFault(error)
      status = new StatusError(Code.Internal, 'internal error', { reason: Reason.Internal })
    }
    if (this.#observation !== undefined && !this.#res.headersSent) {
      this.#observation.grpcStatus = status.code
      this.#observation.reason = status.reason
    }
    if (status.httpStatus >= 500) this.#tellFailure(status.httpStatus, status.reason, status.message)
    try {
      writeError(this.#req, this.#res, status, this.#errorType(), this.#state.transcoder, this.#head())
    } catch (fault) {
      // Nobody is there to catch it: a policy, say, adds a header that no response can have.
      this.#tellFault(fault)
      writeLeast(this.#res, this.#requestId)
      this.#observation?.onResponse(500, 0)
    }
  }

  #tellFault(error: unknown): void {
    const { method = '' } = this.#req
    this.#context.onFault(error, { method, path: this.#target.path, requestId: this.#requestId })
  }

  /** Answers where no route takes the request: OPTIONS with what the path allows, anything else with an error. */
  decline(match: Exclude<MatchResult<Route>, { kind: 'match' }>): void {
    const method = this.#req.method ?? ''
    if (match.kind === 'notFound') return this.fail(noRoute(method, this.#target.path, this.#state.awaited))
    if (method !== 'OPTIONS') return this.fail(methodNotAllowed(method, match.allow))
    writeResponse(this.#req, this.#res, 204, ['allow', match.allow.join(', ')], undefined, this.#head())
  }

  /** @param headers name, value, name, value … */
  answerPreflight(headers: string[]): void {
    writeResponse(this.#req, this.#res, 204, headers, undefined, this.#head())
  }

  #begin(route: Route): void {
    if (this.#policies !== undefined) this.#observation?.onAllowed(this.#policies.identity)
    checkExpectation(this.#req)
    requireUnary(route)
    const { headers } = this.#req
    const { plan } = route
    const withBody = hasBody(this.#req)
    let codings = NO_CODINGS
    if (withBody) {
      codings = codingsOf(headers['content-encoding'])
      if (!plan.takesHttpBody) {
        this.#requestFormat = negotiateRequest(headers['content-type'], this.#req.method ?? '', plan.bodyFormats)
      }
    }
    const wishes = plan.readWishes(this.#query)
    this.#wishes = wishes
    if (!plan.givesHttpBody) {
      this.#responseType =
        wishes.format === undefined
          ? negotiateResponse(headers.accept, this.#requestFormat)
          : responseTypeOf(wishes.format)
    }
    const timeout = headers['grpc-timeout']
    if (timeout !== undefined) {
      if (typeof timeout !== 'string')
        throw new StatusError(Code.InvalidArgument, 'Grpc-Timeout: sent twice', { reason: Reason.MalformedHeader })
      this.#clientDeadlineMs = this.#startedMs + parseGrpcTimeout(timeout)
    }
    if (!withBody) return this.#send(route, EMPTY)
    checkLength(this.#req, route.maxRequestBytes)
    giveLeave(this.#req, this.#res)
    readBody(
      this.#req,
      { maxBytes: route.maxRequestBytes, timeoutMs: this.#context.bodyTimeoutMs() },
      (error, body) => {
        if (error !== undefined) return this.fail(error)
        this.#isBodyTaken = true
        if (this.#observation !== undefined) this.#observation.bytesIn = body.length
        if (codings.length === 0) this.#sendOrFail(route, body)
        else this.#decode(route, body, codings)
      },
    )
  }

  #decode(route: Route, encoded: Buffer, codings: readonly ContentCoding[]): void {
    decodeBody(encoded, codings, route.maxRequestBytes, this.#isWanted, (error, body) => {
      if (error !== undefined) this.fail(error)
      else this.#sendOrFail(route, body)
    })
  }

  #sendOrFail(route: Route, body: Buffer): void {
    try {
      this.#send(route, body)
    } catch (error) {
      this.fail(error)
    }
  }

  #send(route: Route, body: Buffer): void {
    if (this.#isOver) return
    const observation = this.#observation
    const started = observation?.timesCoding === true ? performance.now() : 0
    const message = route.plan.decodeRequest({
      captures: this.#captures,
      query: this.#query,
      body,
      format: this.#requestFormat,
      contentType: this.#req.headers['content-type'] ?? '',
    })
    if (observation?.timesCoding === true) observation.decodeMs = performance.now() - started
    const waiting = this.#policies?.filterMessage(message)
    if (waiting === undefined) this.#callUpstream(route, message)
    else this.#whenAllowed(waiting, () => this.#callUpstream(route, message))
  }

  #callUpstream(route: Route, message: Uint8Array): void {
    const now = Date.now()
    const deadlineMs = Math.min(now + route.timeoutMs, this.#clientDeadlineMs)
    if (deadlineMs <= now) throw deadlineExceeded()
    const hasClientDeadline = deadlineMs === this.#clientDeadlineMs
    const hash = route.callHash?.(this.#req, this.#clientAddress(), this.#policies?.identity)
    const keys = route.callKeys?.map((key) => key(this.#req, this.#clientAddress(), this.#policies?.identity))
    const options = {
      path: route.rpcPath,
      metadata: this.#metadata(),
      deadlineMs,
      hasClientDeadline,
      hash,
      keys,
      observer: this.#observation,
    }
    this.#call = route.call(options, message, (result) => this.#onResult(route, result))
  }

  /** Without what policies have taken out of it. */
  get #query(): string {
    return this.#policies === undefined ? this.#target.query : this.#policies.query
  }

  #metadata(): Metadata {
    const metadata = requestMetadata(this.#req.rawHeaders, {
      clientAddress: this.#clientAddress(),
      protocol: this.#scheme(),
      host: this.#client?.host ?? this.#target.authority,
      requestId: this.#requestId,
      trace: this.#trace,
    })
    return this.#policies === undefined ? metadata : this.#policies.editMetadata(metadata)
  }

  #scheme(): 'http' | 'https' {
    if (this.#observation !== undefined) return this.#observation.scheme
    return this.#client?.protocol ?? schemeOf(this.#req.socket)
  }

  #clientAddress(): string {
    if (this.#observation !== undefined) return this.#observation.clientAddress
    return this.#client === undefined ? plainAddress(this.#req.socket.remoteAddress ?? '') : this.#client.address
  }

  #onResult(route: Route, result: UnaryResult): void {
    this.#call = undefined
    if (this.#isOver) return
    try {
      this.#answer(route, result)
    } catch (error) {
      this.fail(error)
    }
  }

  #answer(route: Route, { status, headers: metadata, trailers, message }: UnaryResult): void {
    if (status.origin === 'local' && status.code !== Code.Ok) throw localStatusError(status)
    const observation = this.#observation
    if (observation !== undefined) observation.grpcStatus = status.code
    const headers: string[] = []
    appendResponseHeaders(metadata, headers)
    appendResponseHeaders(trailers, headers)
    if (status.code !== Code.Ok) {
      const body = peerStatusBody(status)
      const httpStatus = httpStatusOf(body.code)
      if (httpStatus >= 500) this.#tellFailure(httpStatus, codeName(body.code), body.message)
      const { transcoder } = this.#state
      writeStatus(this.#req, this.#res, body, undefined, headers, this.#errorType(), transcoder, this.#head())
      return
    }
    const { plan } = route
    const type = this.#responseType
    const started = observation?.timesCoding === true ? performance.now() : 0
    const encoded = plan.encodeResponse(message ?? EMPTY, type?.format ?? 'json', this.#wishes!)
    if (observation?.timesCoding === true) observation.encodeMs = performance.now() - started
    const head = this.#head()
    // HttpBody goes as it is: images and archives are compressed already, and who asks for raw bytes may count them.
    if (type === undefined) {
      writeResponse(this.#req, this.#res, 200, headers, encoded, {
        ...head,
        compression: undefined,
        isNegotiated: false,
      })
      return
    }
    writeResponse(this.#req, this.#res, 200, headers, { contentType: type.mediaType, bytes: encoded.bytes }, head)
  }

  #tellFailure(status: number, reason: string, message: string): void {
    this.#context.onFailedAnswer?.({
      method: this.#req.method ?? '',
      path: this.#target.path,
      rpcName: this.#rpcName,
      requestId: this.#requestId,
      status,
      reason,
      message,
    })
  }

  #errorType(): ErrorType {
    const format = this.#wishes?.format
    if (format !== undefined) return { ...responseTypeOf(format), isProblem: false }
    return negotiateError(this.#req.headers.accept, this.#requestFormat)
  }

  #head(): ResponseHead {
    return {
      requestId: this.#requestId,
      closes: this.#context.isDraining,
      isBodyTaken: this.#isBodyTaken,
      stallTimeoutMs: this.#context.bodyTimeoutMs(),
      security: this.#state.hasSecurityHeaders ? securityHeaders(this.#scheme()) : undefined,
      compression: this.#state.compression,
      // `$alt` goes before it.
      isNegotiated: this.#wishes?.format === undefined,
      onFault: this.#onFault,
      policies: this.#policies,
      traceResponse: this.#trace?.traceResponse,
      observation: this.#observation,
    }
  }

  /** The response is written, or the client is gone: then the upstream call has nobody to answer to. */
  #onClose(): void {
    if (this.#isOver) return
    this.#isOver = true
    try {
      this.#call?.cancel()
      this.#policies?.end()
      this.#tellEnd()
    } catch (error) {
      this.#tellFault(error)
    }
    this.#state.leave()
  }

  #tellEnd(): void {
    const observation = this.#observation
    if (observation === undefined) return
    observation.identity = this.#policies?.identity
    if (observation.httpStatus === 0) observation.onOutsideAnswer(outsideAnswerOf(this.#req))
    observation.end(!this.#res.writableFinished)
  }
}
