/** What a node is. `Text` is a value without quotes or type, as a path, a query or a form has it. */
export const NodeKind = { Null: 0, False: 1, True: 2, Number: 3, String: 4, Text: 5, Array: 6, Object: 7 } as const

export type NodeKind = (typeof NodeKind)[keyof typeof NodeKind]

const NONE: readonly never[] = []

/**
 * A value of the light tree every text format reads a body into: JSON's kinds of values with numbers as their text, so
 * that no integer passes through a double. An object's keys are unique, beside its items, in the order sent.
 */
export class TreeNode {
  readonly kind: NodeKind
  /** A number's text, a string, or a text; '' for the other kinds. */
  readonly text: string
  readonly keys: readonly string[]
  /** An array's items; an object's values, one per key. */
  readonly items: readonly TreeNode[]

  constructor(kind: NodeKind, text: string, keys: readonly string[], items: readonly TreeNode[]) {
    this.kind = kind
    this.text = text
    this.keys = keys
    this.items = items
  }

  static number(text: string): TreeNode {
    return new TreeNode(NodeKind.Number, text, NONE, NONE)
  }

  static string(text: string): TreeNode {
    return new TreeNode(NodeKind.String, text, NONE, NONE)
  }

  static text(text: string): TreeNode {
    return new TreeNode(NodeKind.Text, text, NONE, NONE)
  }

  static array(items: readonly TreeNode[]): TreeNode {
    return new TreeNode(NodeKind.Array, '', NONE, items)
  }

  static object(keys: readonly string[], items: readonly TreeNode[]): TreeNode {
    return new TreeNode(NodeKind.Object, '', keys, items)
  }

  static readonly null = new TreeNode(NodeKind.Null, '', NONE, NONE)
  static readonly true = new TreeNode(NodeKind.True, 'true', NONE, NONE)
  static readonly false = new TreeNode(NodeKind.False, 'false', NONE, NONE)

  get isNull(): boolean {
    return this.kind === NodeKind.Null
  }

  get isObject(): boolean {
    return this.kind === NodeKind.Object
  }
}

/** How deep arrays and objects are nested in a node; 0 for the other kinds. */
export function depthOf(node: TreeNode): number {
  if (node.kind < NodeKind.Array) return 0
  let deepest = 0
  for (const item of node.items) deepest = Math.max(deepest, depthOf(item))
  return deepest + 1
}
