export { RandomIds } from './random-ids.js'
