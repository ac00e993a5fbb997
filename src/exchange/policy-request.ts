import type { IncomingMessage } from 'node:http'
import type { MethodPolicies, PolicyRequest } from '../policies/index.js'

/** A request of a method that has policies, as they see it; and their chain, run. */
export class PolicyState implements PolicyRequest {
  readonly http: IncomingMessage
  readonly query: string
  readonly rpcName: string
  readonly clientAddress: string
  readonly responseHeaders: string[] = []
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
  }

  onOver(listener: () => void): void {
    ;(this.#listeners ??= []).push(listener)
  }

  /** The request is over. */
  end(): void {
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
    if (this.responseHeaders.length > 0) edited.push(...this.responseHeaders)
    for (const edit of this.#policies.responseEdits) edited = edit(edited, this)
    return edited
  }
}
