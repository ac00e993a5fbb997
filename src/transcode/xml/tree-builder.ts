import { TreeNode } from '../tree/node.js'

/** Objects with fewer keys than this look for one by one. */
const SMALL_OBJECT = 8

/** An object of the tree as the elements of a message make it: each field once, the items of a list from wherever. */
export class TreeBuilder {
  readonly #keys: string[] = []
  readonly #values: TreeNode[] = []
  /** Beside the values: the items of those that are lists and still grow. */
  readonly #lists: (TreeNode[] | undefined)[] = []
  #places: Map<string, number> | undefined = undefined

  has(key: string): boolean {
    return this.#find(key) !== -1
  }

  add(key: string, value: TreeNode): void {
    this.#insert(key, value, undefined)
  }

  /** Adds an array without items, to which they may be pushed. */
  addList(key: string): TreeNode[] {
    const items: TreeNode[] = []
    this.#insert(key, TreeNode.array(items), items)
    return items
  }

  /** The items of an array that `addList` added; undefined where there is none of the key. */
  list(key: string): TreeNode[] | undefined {
    const place = this.#find(key)
    return place === -1 ? undefined : this.#lists[place]
  }

  finish(): TreeNode {
    return TreeNode.object(this.#keys, this.#values)
  }

  #insert(key: string, value: TreeNode, items: TreeNode[] | undefined): void {
    this.#places?.set(key, this.#keys.length)
    this.#keys.push(key)
    this.#values.push(value)
    this.#lists.push(items)
  }

  #find(key: string): number {
    const keys = this.#keys
    // Most often it is the field that was added last.
    if (keys.length > 0 && keys[keys.length - 1] === key) return keys.length - 1
    if (keys.length < SMALL_OBJECT) return keys.indexOf(key)
    this.#places ??= new Map(keys.map((known, index) => [known, index]))
    return this.#places.get(key) ?? -1
  }
}
