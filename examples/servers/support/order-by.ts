import type { Errors } from './rpc-error.js'

/** Compares two resources for sorting. */
export type Order<T> = (left: T, right: T) => number

/**
 * Compiles an order of https://aip.dev/132#ordering: fields, comma-separated, each with ` desc` or not.
 *
 * @param orders how to compare by each field that may be named
 * @returns nothing where the text is empty
 * @throws INVALID_ARGUMENT for another field or another word after it
 */
export function compileOrderBy<T>(
  text: string,
  orders: Readonly<Record<string, Order<T>>>,
  errors: Errors,
): Order<T> | undefined {
  if (text.trim() === '') return undefined
  const terms = text.split(',').map((term): Order<T> => {
    const [name = '', direction = 'asc', ...more] = term.trim().split(/\s+/)
    if (!Object.hasOwn(orders, name)) {
      throw errors.invalidArgument('order_by', `there is no field ${name === '' ? '(empty)' : name} to order by`)
    }
    if ((direction !== 'asc' && direction !== 'desc') || more.length > 0) {
      throw errors.invalidArgument('order_by', `after ${name} only asc or desc is expected`)
    }
    const order = orders[name]!
    return direction === 'desc' ? (left, right) => order(right, left) : order
  })
  return (left, right) => {
    for (const term of terms) {
      const difference = term(left, right)
      if (difference !== 0) return difference
    }
    return 0
  }
}
