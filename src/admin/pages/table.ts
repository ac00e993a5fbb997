import { markup, type Html } from '../html.js'

export type Cell = Html | string | number | boolean
export type Row = Readonly<Record<string, Cell>>

export interface TableOptions {
  /** What the table is of, for who does not see it. */
  readonly caption: string
  /** Where a filter is offered: what is looked for. */
  readonly filter?: string
}

/** A table; the columns are the keys of the first row. It scrolls by itself where it is too wide, also by keyboard. */
export function table(rows: readonly Row[], { caption, filter }: TableOptions): Html {
  if (rows.length === 0) return markup`<p class="nothing">nothing here</p>`
  const columns = Object.keys(rows[0]!)
  const search =
    filter === undefined
      ? ''
      : markup`<p class="filter" hidden>
          <label>
            Filter
            <input type="search" data-filter placeholder="${filter}" autocomplete="off" spellcheck="false" />
          </label>
          <output></output>
        </p>`
  return markup`${search}
    <div class="scroll" role="region" aria-label="${caption}" tabindex="0">
      <table>
        <thead>
          <tr>
            ${columns.map((column) => markup`<th scope="col">${column}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) =>
              markup`<tr>
                ${columns.map((column) => markup`<td>${row[column]}</td>`)}
              </tr> `,
          )}
        </tbody>
      </table>
    </div>`
}
