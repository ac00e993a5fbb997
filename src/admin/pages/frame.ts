import { markup, type Html } from '../html.js'

const LINKS = [
  ['/status', 'Status'],
  ['/upstreams', 'Upstreams'],
  ['/routes', 'Routes'],
  ['/config', 'Configuration'],
  ['/readyz?verbose', 'Readiness'],
] as const

/** A whole page. Style and script come from the admin port itself, nothing from elsewhere. */
export function framed(title: string, path: string, content: Html): string {
  return markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>protobridge: ${title}</title>
        <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/assets/admin.css" />
        <script src="/assets/admin.js" defer></script>
      </head>
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <header>
          <strong class="brand">protobridge</strong>
          <nav aria-label="Pages">
            ${LINKS.map(
              ([href, name]) =>
                markup`<a href="${href}" ${href.startsWith(path) ? markup` aria-current="page"` : ''}>${name}</a>`,
            )}
          </nav>
          <div class="actions" id="actions" hidden>
            <button type="button" id="live" aria-pressed="true">Live</button>
            <button type="button" id="reload">Reload configuration</button>
            <output id="said" aria-live="polite"></output>
          </div>
        </header>
        <main id="content" tabindex="-1">
          <h1>${title}</h1>
          ${content}
        </main>
      </body>
    </html>
`.text
}
