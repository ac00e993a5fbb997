/**
 * Strongly connected components of a graph (Tarjan), each after those it leads to. Without recursion: a chain may be
 * as long as an attacker likes.
 * @param edges for each node the nodes it leads to
 */
export function componentsOf(edges: readonly (readonly number[])[]): number[][] {
  const order = new Int32Array(edges.length).fill(-1)
  const low = new Int32Array(edges.length)
  const isOnStack = new Uint8Array(edges.length)
  const next = new Int32Array(edges.length)
  const stack: number[] = []
  const components: number[][] = []
  let count = 0
  for (let root = 0; root < edges.length; root++) {
    if (order[root] !== -1) continue
    const path = [root]
    while (path.length > 0) {
      const node = path[path.length - 1]!
      if (order[node] === -1) {
        order[node] = low[node] = count++
        stack.push(node)
        isOnStack[node] = 1
      }
      const target = edges[node]![next[node]!++]
      if (target !== undefined) {
        if (order[target] === -1) path.push(target)
        else if (isOnStack[target] === 1) low[node] = Math.min(low[node]!, order[target]!)
        continue
      }
      path.pop()
      const parent = path[path.length - 1]
      if (parent !== undefined) low[parent] = Math.min(low[parent]!, low[node]!)
      if (low[node] !== order[node]) continue
      const component = stack.splice(stack.lastIndexOf(node))
      for (const member of component) isOnStack[member] = 0
      components.push(component)
    }
  }
  return components
}
