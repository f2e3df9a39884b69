// Many small pieces of work, a few under way at a time.

/** Results in the order of the items; at most `atOnce` under way. The first error ends it once what is under way has settled. */
export async function mapAtOnce<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = []
  const queue = [...items.entries()]
  const runner = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) results[next[0]] = await work(next[1])
  }
  const settled = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, runner))
  const failed = settled.find((outcome) => outcome.status === 'rejected')
  if (failed) throw failed.reason
  return results
}
