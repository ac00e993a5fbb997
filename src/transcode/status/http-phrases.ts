/** Reason phrases of the HTTP statuses the gateway gives (RFC 9110 §15; 429 and 431: RFC 6585; 499: nginx's). */
const PHRASES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  499: 'Client Closed Request',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

/** The phrase of a status; one not in the table has that of its class' first (RFC 9110 §15). */
export function phraseOf(httpStatus: number): string {
  return PHRASES[httpStatus] ?? PHRASES[Math.floor(httpStatus / 100) * 100] ?? 'Error'
}
