import { styleText } from 'node:util'

/** What is up, and where. URLs without a trailing slash, addresses as `host:port`. */
export interface Running {
  readonly gateway: string
  readonly admin: string
  readonly library: string
  readonly inventory: string
}

/** What the admin port says of the gateway, as far as it is printed. */
interface Counts {
  readonly methods: number
  readonly routes: number
}

/** What to print when all is up: what is served, where, and three lines to paste. */
export async function welcome(running: Running, isTerminal: boolean): Promise<string> {
  const { methods, routes } = await counts(running.admin)
  const bold = (text: string) => (isTerminal ? styleText('bold', text) : text)
  const { gateway } = running
  return `
${bold('protobridge')} serves ${methods} methods by ${routes} routes on ${bold(gateway)}
  library.v1.LibraryService      gRPC on ${running.library}, annotated: protos/library/v1/library.proto
  inventory.v1.InventoryService  gRPC on ${running.inventory}, mapped by: mappings/inventory.yaml
  admin                          ${running.admin} (/routes, /status, /readyz)

${bold('Try')}
  curl ${gateway}/v1/shelves/1/books/1
  curl -X POST '${gateway}/v1/shelves/3/books?book_id=odes' -H 'Content-Type: application/json' -d '{"title": "Odes", "authors": [{"displayName": "Horace"}], "genre": "POETRY"}'
  curl '${gateway}/v1/items?page_size=2'

Ctrl-C ends everything.
`
}

async function counts(admin: string): Promise<Counts> {
  const response = await fetch(`${admin}/status`)
  if (!response.ok) throw new Error(`${admin}/status answers ${response.status}`)
  return (await response.json()) as Counts
}
