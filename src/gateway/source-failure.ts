/** Why something the load asks for over the network is not there. */
export interface SourceFailure {
  /** Whose answer it is, as the log names it. */
  readonly source: { readonly upstream: string } | { readonly mappings: string }
  readonly message: string
  /** What it told earlier goes on being used. */
  readonly hasEarlier: boolean
}
