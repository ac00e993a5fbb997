/** A wait that can be cut short, and every one after it. */
export class Pause {
  #end: (() => void) | undefined
  #isCut = false

  /** Resolves after `ms`; once cut, after a moment at most, for what is ending anyway. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#isCut ? Math.min(ms, GRACE_MS) : Math.max(ms, GRACE_MS))
      this.#end = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** Ends the wait under way, without cutting later ones. */
  end(): void {
    this.#end?.()
  }

  cut(): void {
    this.#isCut = true
    this.#end?.()
  }
}

const GRACE_MS = 50
