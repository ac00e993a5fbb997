import { Loader, type ConfigSource } from '../gateway/index.js'
import { SharedUpstreams, type Snapshot } from '../snapshot/index.js'

/** Loads a snapshot to look at, not to serve; nothing stays open afterwards. */
export async function withSnapshot<T>(source: ConfigSource, look: (snapshot: Snapshot) => T): Promise<T> {
  const upstreams = new SharedUpstreams()
  try {
    const { snapshot } = await new Loader(source, process.env, upstreams).load({ mayWait: false })
    return look(snapshot)
  } finally {
    upstreams.close()
  }
}
