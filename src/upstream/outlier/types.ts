/** `upstreams.NAME.outlier`: when an endpoint is ejected, and for how long. */
export interface OutlierOptions {
  /** So many errors in a row eject. */
  readonly consecutiveErrors: number
  /** Without an ejection for so long, the next one is shorter by one base time. */
  readonly intervalMs: number
  /** The first ejection's time; the nth takes n times as long. */
  readonly baseEjectionMs: number
  /** No ejection takes longer, unless the base does. */
  readonly maxEjectionMs: number
  /** Share of the endpoints that may be out at one time, 0 to 100; above 0 one always may. */
  readonly maxEjectedPercent: number
}
