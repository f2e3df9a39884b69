// What a rule may cost. JavaScript cannot interrupt a running expression, so every step of one pays as it goes.

/** Steps of one rule on one value, and of all rules on one object. A step is one node of the expression, once. */
export const ruleBudget = 1_000_000
export const objectBudget = 2_000_000
/** The longest text or list an expression may build. */
export const longestValue = 1_000_000

let left = 0

/** The text Kubernetes gives when an expression costs too much. */
export const exhaustedText =
  'validation failed due to running out of cost budget, no further validation rules will be run'

/** An expression cost too much. */
export class BudgetError extends Error {
  override readonly name = 'BudgetError'
  constructor() {
    super(exhaustedText)
  }
}

/** Pays for work; throws BudgetError when nothing is left. Expressions are synchronous, so one account serves all. */
export function spend(steps: number): void {
  left -= steps
  if (left < 0) throw new BudgetError()
}

/** Runs `work` with at most `steps`; returns its result and what is left. Throws BudgetError even when `work` swallowed it. */
export function withBudget<T>(steps: number, work: () => T): { readonly result: T; readonly left: number } {
  left = steps
  let result: T
  try {
    result = work()
  } catch (error) {
    throw left < 0 ? new BudgetError() : error
  }
  if (left < 0) throw new BudgetError()
  return { result, left }
}

/** Pays for a text or list of a length, and refuses one that is too long. */
export function spendLength(length: number): void {
  if (length > longestValue) throw new BudgetError()
  spend(Math.ceil(length / 8))
}
