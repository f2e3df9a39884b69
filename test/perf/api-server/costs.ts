// What requests cost without a stopwatch: table operations of each verb, held to bounds.
import { aligned } from './compare.ts'
import { countVerbs, type VerbCost } from './counts.ts'

/** Most operations a request may take in the mean; a fraction allows for proofs of freshness that many requests share. */
const bounds: Readonly<Record<string, Partial<Omit<VerbCost, 'verb'>>>> = {
  get: { reads: 1.1, transactions: 0 },
  'list of 1000': { reads: 2.2, transactions: 0 },
  // Its own transaction and the end of its news in the outbox.
  create: { transactions: 2 },
  update: { transactions: 2 },
  // Five look up whom the change concerns, two whether something was owned, by uid, whatever the number of types.
  delete: { reads: 10, transactions: 2 },
}

export async function requestCosts(): Promise<{ lines: string[]; wrong: string[] }> {
  const verbs = await countVerbs()
  const wrong = verbs.flatMap((cost) =>
    Object.entries(bounds[cost.verb] ?? {}).flatMap(([key, bound]) => {
      const value = cost[key as keyof Omit<VerbCost, 'verb'>]
      return value > bound ? [`${cost.verb}: ${key} is ${value}, at most ${bound} is allowed`] : []
    }),
  )
  return {
    lines: aligned([
      ['per request, with all it sets off', 'table reads', 'transactions and writes', 'messages'],
      ...verbs.map(({ verb, reads, transactions, messages }) => [verb, ...[reads, transactions, messages].map(String)]),
    ]),
    wrong,
  }
}
