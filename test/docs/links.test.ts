import { describe, expect, test } from '@jest/globals'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

/* Links between the pages, to files and to headings, lead somewhere. */

const pages = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => (name.endsWith('.md') ? [join(folder, name)] : []))
const PAGES = [...pages('.'), ...pages('docs'), ...pages('docs/decisions'), ...pages('examples')]

/** Links without a scheme, outside of code. */
function linksOf(page: string): string[] {
  const text = readFileSync(page, 'utf8')
    .replace(/^ *```[^]*?^ *```/gm, '')
    .replace(/`[^`\n]*`/g, '')
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!).filter((link) => !/^[a-z]+:/.test(link))
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  const headings = readFileSync(page, 'utf8')
    .replace(/^ *```[^]*?^ *```/gm, '')
    .matchAll(/^#+ (.*)$/gm)
  return [...headings].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  )
}

/** What is wrong with a link; undefined: nothing. */
function wrongWith(page: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : join(dirname(page), path)
  if (!existsSync(target)) return `${link}: no such file`
  if (anchor === undefined || statSync(target).isDirectory() || !target.endsWith('.md')) return undefined
  return anchorsOf(target).includes(anchor) ? undefined : `${link}: no such heading`
}

describe('links', () => {
  test('there are some', () => {
    expect(PAGES.flatMap(linksOf).length).toBeGreaterThan(50)
  })

  test.each(PAGES)('of %s lead somewhere', (page) => {
    expect(linksOf(page).flatMap((link) => wrongWith(page, link) ?? [])).toEqual([])
  })
})
