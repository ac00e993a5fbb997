export { HealthCheck } from './health-check.js'
export type { HealthOptions, HealthVerdict } from './types.js'
