import { transcodeTimes } from './transcode.js'

/** One process of `benchTranscode`: prints what it measured as JSON. */
console.log(JSON.stringify(transcodeTimes(process.argv.includes('--quick'))))
