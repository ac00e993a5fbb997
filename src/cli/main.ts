#!/usr/bin/env node
import { CommanderError } from 'commander'
import { LoadError, formatProblem } from '../problems/index.js'
import { createProgram } from './program.js'
import { UsageError } from './usage-error.js'

/*
 * Exit codes: 0 done; 1 refused, with every reason on stderr (or something was cut while draining); 2 wrong usage.
 */

// Whoever read what is told has gone: no reason to stop.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

try {
  await createProgram().parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else if (error instanceof UsageError) {
    console.error(error.message)
    process.exitCode = 2
  } else if (error instanceof LoadError) {
    for (const problem of error.problems) console.error(formatProblem(problem))
    process.exitCode = 1
  } else {
    console.error(error instanceof Error ? error.message : String(error))
    process.exitCode = 1
  }
}
