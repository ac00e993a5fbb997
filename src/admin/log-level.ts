import { json, type RequestHandler, type Response } from 'express'
import { LOG_LEVELS, type AdminContext, type LogLevel } from './types.js'

const MAX_BODY_BYTES = 1024

/** Reads the body, of whatever type it says it is: there is one kind. */
export const readLevel: RequestHandler = json({ limit: MAX_BODY_BYTES, type: () => true })

/** `PUT /log-level` with `{"level": "debug"}`. */
export async function putLogLevel(body: unknown, context: AdminContext, res: Response): Promise<void> {
  const level = typeof body === 'object' && body !== null && 'level' in body ? body.level : undefined
  if (!isLevel(level)) {
    const error = `send {"level": "…"} with one of ${LOG_LEVELS.join(', ')}`
    res.status(400).json({ error })
    return
  }
  await context.setLogLevel(level)
  res.json({ level: context.logLevel() })
}

const isLevel = (value: unknown): value is LogLevel => (LOG_LEVELS as readonly unknown[]).includes(value)
