import { AgentError, type AgentClient, type AgentResponse } from './types.js'

/** What counts as an answer, and what a refused token lacks. */
export interface Expected {
  /** Statuses that are answers; default 200. */
  readonly answers?: readonly number[]
  /** What the token needs, for the message where the agent answers 403: `service:read and node:read`. */
  readonly rights: string
}

/** @throws {AgentError} for a status that is no answer, with what the agent said */
export function requireAnswer(
  { status, body }: AgentResponse,
  { agent }: Pick<AgentClient, 'agent'>,
  { answers = [200], rights }: Expected,
): void {
  if (answers.includes(status)) return
  const said = body
    .subarray(0, 200)
    .toString('utf8')
    .replace(/[\x00-\x1f\x7f]+/g, ' ')
    .trim()
  const answered = `${status}${said === '' ? '' : `: ${said}`}`
  const message =
    status === 403
      ? `the agent refused the token: needs ${rights} (${agent} answered ${answered})`
      : `the Consul agent ${agent} answered ${answered}`
  throw new AgentError('refused', message, status)
}
