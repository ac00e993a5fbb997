import { readDryRequest, type RequestOptions } from './dry-request.js'
import { explainRequest } from './dry-run.js'
import { explanationText } from './explanation-text.js'
import { withSnapshot } from './load-once.js'
import { sourceOf, type SourceOptions } from './source.js'

interface ExplainOptions extends SourceOptions, RequestOptions {
  readonly json?: boolean
}

/**
 * `protobridge explain`: a dry run of one request. Exit 0 where it would be sent upstream, 1 where it is refused.
 * @param words of the request: a shell makes several of one that is not in quotes
 */
export async function explain(words: readonly string[], options: ExplainOptions): Promise<void> {
  const dry = readDryRequest(words.join(' '), options)
  const explanation = await withSnapshot(sourceOf(options), (snapshot) => explainRequest(dry, snapshot))
  console.log(options.json === true ? JSON.stringify(explanation, null, 2) : explanationText(explanation))
  if (explanation.refused !== null) process.exitCode = 1
}
