export { decodePart, readAddressQuery, readFlags, readWait } from './address-query.js'
export {
  deregisterService,
  isServiceKnown,
  registerService,
  type HttpCheck,
  type ServiceRegistration,
} from './agent-service.js'
export { DEFAULT_AGENT_PORT, parseAgentAddress, printAgentAddress } from './address.js'
export { requireAnswer } from './answers.js'
export {
  startBlockingQuery,
  type BlockingQuery,
  type BlockingQueryOptions,
  type Circumstances,
} from './blocking-query.js'
export { createAgentClient } from './client.js'
export { isKvAddress, parseKvAddress, type KvAddress } from './kv-address.js'
export { readKv, watchKv, type KvEntries, type KvEntry, type KvQuestion } from './kv.js'
export { agentSettings, type WrittenAgent } from './settings.js'
export { systemClock } from './system-clock.js'
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
