import type { IncomingMessage } from 'node:http'
import type { Identity, MethodPolicies, PolicyRequest } from '../policies/index.js'

const NONE_TAKEN: ReadonlyMap<string, readonly string[]> = new Map()

/** A request of a method that has policies, as they see it; and their chain, run. */
export class PolicyState implements PolicyRequest {
  readonly http: IncomingMessage
  query: string
  identity: Identity | undefined = undefined
  #taken: Map<string, string[]> | undefined
  #isOver = false
  readonly rpcName: string
  readonly clientAddress: string
  readonly responseHeaders: string[] = []
  waitedForLimitsMs = 0
  readonly #policies: MethodPolicies
  #listeners: (() => void)[] | undefined

  constructor(
    http: IncomingMessage,
    request: { readonly query: string; readonly rpcName: string; readonly clientAddress: string },
    policies: MethodPolicies,
  ) {
    this.http = http
    this.query = request.query
    this.rpcName = request.rpcName
    this.clientAddress = request.clientAddress
    this.#policies = policies
    this.#listeners = undefined
    this.#taken = undefined
  }

  get credentialParameters(): ReadonlyMap<string, readonly string[]> {
    return this.#taken ?? NONE_TAKEN
  }

  takeParameters(names: readonly string[]): void {
    if (this.query === '') return
    const kept: string[] = []
    for (const pair of this.query.split('&')) {
      const equals = pair.indexOf('=')
      const name = decoded(equals === -1 ? pair : pair.slice(0, equals))
      if (name === undefined || !names.includes(name)) {
        kept.push(pair)
        continue
      }
      this.#taken ??= new Map()
      const values = this.#taken.get(name) ?? []
      values.push(decoded(equals === -1 ? '' : pair.slice(equals + 1)) ?? '')
      this.#taken.set(name, values)
    }
    if (this.#taken !== undefined) this.query = kept.join('&')
  }

  onOver(listener: () => void): void {
    // A policy that had to wait may come to it after the client has left.
    if (this.#isOver) listener()
    else (this.#listeners ??= []).push(listener)
  }

  /** The request is over. */
  end(): void {
    this.#isOver = true
    const listeners = this.#listeners
    this.#listeners = undefined
    if (listeners !== undefined) for (const listener of listeners) listener()
  }

  /**
   * Runs the filters of before the body. Returns undefined where none had to wait.
   * @throws StatusError, or rejects with one, where one refuses
   */
  filter(from = 0): Promise<void> | undefined {
    const { filters } = this.#policies
    for (let at = from; at < filters.length; at++) {
      const waiting = filters[at]!(this)
      if (waiting !== undefined) return waiting.then(() => this.filter(at + 1))
    }
    return undefined
  }

  /** The same for the filters that look at the message. */
  filterMessage(message: Uint8Array, from = 0): Promise<void> | undefined {
    const { messageFilters } = this.#policies
    for (let at = from; at < messageFilters.length; at++) {
      const waiting = messageFilters[at]!(this, message)
      if (waiting !== undefined) return waiting.then(() => this.filterMessage(message, at + 1))
    }
    return undefined
  }

  editMetadata(metadata: string[]): string[] {
    let edited = metadata
    for (const edit of this.#policies.metadataEdits) edited = edit(edited, this)
    return edited
  }

  /** The headers of a response, those that policies give to all of them included. */
  editResponse(headers: string[]): string[] {
    let edited = headers
    for (const part of this.responseHeaders) edited.push(part)
    for (const edit of this.#policies.responseEdits) edited = edit(edited, this)
    return edited
  }
}

/** Of form encoding; undefined: it is malformed, which is for whoever reads the query to say. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
