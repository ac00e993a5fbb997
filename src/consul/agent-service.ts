import { requireAnswer } from './answers.js'
import type { AgentClient } from './types.js'

/** One instance of a service, as an agent is told of it, with the check it is to run. Durations in ms. */
export interface ServiceRegistration {
  readonly name: string
  /** Unique at its agent. */
  readonly id: string
  /** undefined: that of the agent's node. */
  readonly address: string | undefined
  readonly port: number
  readonly tags: readonly string[]
  readonly meta: Readonly<Record<string, string>>
  readonly check: HttpCheck
}

export interface HttpCheck {
  readonly name: string
  readonly url: string
  readonly intervalMs: number
  readonly timeoutMs: number
  /** After so long in critical state the agent forgets the instance; at least a minute. */
  readonly deregisterAfterMs: number
}

const RIGHTS = 'service:write'

/**
 * `PUT /v1/agent/service/register`: checks it had before and that are not in here go, those of maintenance too.
 * @param status what the check says until it has run for the first time: Consul would take it for critical
 * @throws {AgentError}
 */
export async function registerService(
  client: AgentClient,
  { name, id, address, port, tags, meta, check }: ServiceRegistration,
  status: 'passing' | 'critical',
): Promise<void> {
  const response = await client.request({
    method: 'PUT',
    path: '/v1/agent/service/register',
    query: [['replace-existing-checks', 'true']],
    body: {
      Name: name,
      ID: id,
      ...(address === undefined ? {} : { Address: address }),
      Port: port,
      Tags: tags,
      Meta: meta,
      Check: {
        CheckID: `service:${id}`,
        Name: check.name,
        HTTP: check.url,
        Method: 'GET',
        Interval: `${check.intervalMs}ms`,
        Timeout: `${check.timeoutMs}ms`,
        DeregisterCriticalServiceAfter: `${check.deregisterAfterMs}ms`,
        Status: status,
      },
    },
  })
  requireAnswer(response, client, { rights: RIGHTS })
}

/** Whether the agent still knows an instance: one that restarted without its data does not. @throws {AgentError} */
export async function isServiceKnown(client: AgentClient, id: string): Promise<boolean> {
  const response = await client.request({ method: 'GET', path: `/v1/agent/service/${encodeURIComponent(id)}` })
  requireAnswer(response, client, { answers: [200, 404], rights: 'service:read' })
  return response.status === 200
}

/**
 * `PUT /v1/agent/service/deregister/:id`, for which the process stays alive. One that the agent does not know is
 * deregistered. @throws {AgentError}
 */
export async function deregisterService(client: AgentClient, id: string, timeoutMs: number): Promise<void> {
  const response = await client.request({
    method: 'PUT',
    path: `/v1/agent/service/deregister/${encodeURIComponent(id)}`,
    timeoutMs,
    holdsProcess: true,
  })
  // 404, or 500 before Consul 1.12 or so: "Unknown service ID".
  if (response.body.toString('utf8').startsWith('Unknown service')) return
  requireAnswer(response, client, { answers: [200, 404], rights: RIGHTS })
}
