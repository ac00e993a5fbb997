import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { parseRequestTarget } from '../exchange/index.js'
import { StatusError } from '../status/index.js'

/**
 * Gives an Express app targets that begin with `/`, or `*`. Others it takes apart with `url.parse`, which takes for a URL what is
 * none; Node warns of that (DEP0170), and is to throw one day. In the absolute form it is the target that names the host, not `Host`
 * (RFC 9112 §3.2.2): so the guard sees that.
 */
export function inOriginForm(
  app: RequestListener,
  refuse: (res: ServerResponse, message: string) => void,
): RequestListener {
  return (req, res) => {
    try {
      if (req.url?.charCodeAt(0) !== SLASH) normalise(req)
    } catch (error) {
      if (!(error instanceof StatusError)) throw error
      return refuse(res, error.message)
    }
    app(req, res)
  }
}

const SLASH = 47

/** @throws StatusError where the target has no form */
function normalise(req: IncomingMessage): void {
  const { path, query, authority } = parseRequestTarget(req.url ?? '', req.headers.host ?? '')
  req.url = query === '' ? path : `${path}?${query}`
  req.headers.host = authority
}
