import type { SourceWarning } from '../types.js'
import type { RepairedDescriptors } from './repair.js'

/** Doubts that are named; the rest are counted. */
const MOST_DOUBTS = 3

/** Tells the operator what was made of loose descriptors, and what cannot be had from them. */
export function loosenessWarning({
  repaired,
  doubts,
}: Pick<RepairedDescriptors, 'repaired' | 'doubts'>): SourceWarning {
  const named = doubts.slice(0, MOST_DOUBTS).join(', ')
  const more = doubts.length > MOST_DOUBTS ? ` and ${doubts.length - MOST_DOUBTS} more` : ''
  const doubtful = doubts.length === 0 ? '' : `; doubtful: ${named}${more}`
  return {
    message:
      `the descriptors are loose (made by proto-loader); repaired: ${repaired.join(', ')}${doubtful}; ` +
      'annotations, json_name and comments are lost there',
    advice: 'name its protos to have them',
  }
}
