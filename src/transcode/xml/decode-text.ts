import { TreeNode } from '../tree/node.js'
import { removeSpace, trimSpace } from './characters.js'
import type { TextForm } from './plan.js'

/**
 * The tree's node for the text of an element or attribute: what a body in JSON has for the same value. Strings keep every
 * character; all else loses the white space round it, and base64 that within it.
 */
export function textNode(form: TextForm, text: string): TreeNode {
  switch (form) {
    case 'string':
      return TreeNode.string(text)
    case 'bytes':
      return TreeNode.string(removeSpace(text))
    case 'bool':
      return boolNode(trimSpace(text))
    case 'enum':
      return enumNode(trimSpace(text))
    case 'collapsed':
      return TreeNode.string(trimSpace(text))
  }
}

function boolNode(text: string): TreeNode {
  if (text === 'true') return TreeNode.true
  return text === 'false' ? TreeNode.false : TreeNode.string(text)
}

/** A name is never a number, so which of the two it is can be seen. */
function enumNode(text: string): TreeNode {
  const first = text.charCodeAt(0)
  const isNumber = first === 0x2d || (first >= 0x30 && first <= 0x39)
  return isNumber ? TreeNode.number(text) : TreeNode.string(text)
}
