export { auth } from './auth.js'
export { hashPassword, SCRYPT } from './basic.js'
export { AuthProviders } from './providers.js'
export type { AuthDependencies, AuthProvider, Identity } from './types.js'
