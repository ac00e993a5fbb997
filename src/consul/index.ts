export { DEFAULT_AGENT_PORT, parseAgentAddress, printAgentAddress } from './address.js'
export {
  startBlockingQuery,
  type BlockingQuery,
  type BlockingQueryOptions,
  type Circumstances,
} from './blocking-query.js'
export { createAgentClient } from './client.js'
export { agentSettings, type WrittenAgent } from './settings.js'
export { systemFiles } from './system-files.js'
export {
  AgentError,
  type AgentAddress,
  type AgentClient,
  type AgentFiles,
  type AgentRequest,
  type AgentResponse,
  type AgentSettings,
  type AgentTls,
  type Clock,
  type Environment,
} from './types.js'
