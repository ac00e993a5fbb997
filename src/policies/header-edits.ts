import type { HeaderEditConfig } from '../config/index.js'
import type { HeaderEdit, PolicyKind } from './types.js'

/**
 * `headers: { request: { set, remove }, response: { set, remove } }`: names are taken away, then those that are set get
 * their value, once. What goes upstream is edited after the rules of what is forwarded, so an edit may say more than a
 * client can.
 */
export const headerEdits: PolicyKind = {
  name: 'headers',
  compile: (_method, { headers }) => {
    if (headers === undefined) return undefined
    const editMetadata = compileEdit(headers.request)
    const editResponse = compileEdit(headers.response)
    if (editMetadata === undefined && editResponse === undefined) return undefined
    return {
      ...(editMetadata === undefined ? {} : { editMetadata }),
      ...(editResponse === undefined ? {} : { editResponse }),
    }
  },
}

function compileEdit({ set, remove }: HeaderEditConfig): HeaderEdit | undefined {
  const written = Object.entries(set).flat()
  const replaced = new Set([...remove, ...Object.keys(set)])
  if (replaced.size === 0) return undefined
  return (headers) => {
    const kept: string[] = []
    for (let i = 0; i < headers.length; i += 2) {
      if (!replaced.has(headers[i]!)) kept.push(headers[i]!, headers[i + 1]!)
    }
    kept.push(...written)
    return kept
  }
}
