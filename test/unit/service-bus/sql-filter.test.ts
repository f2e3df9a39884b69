import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Scalar } from '../../../infra/local/service-bus/core/amqp-bytes.ts'
import type { MessageProperties } from '../../../infra/local/service-bus/core/message.ts'
import type { FilterInput } from '../../../infra/local/service-bus/core/sql-filter.ts'
import { parseSqlFilter } from '../../../infra/local/service-bus/core/sql-filter.ts'

const none: MessageProperties = {
  messageId: undefined,
  to: undefined,
  subject: undefined,
  replyTo: undefined,
  correlationId: undefined,
  contentType: undefined,
  groupId: undefined,
  replyToGroupId: undefined,
}
function input(application: Record<string, Scalar>, properties: Partial<MessageProperties> = {}): FilterInput {
  const values = new Map(Object.entries(application))
  return { properties: { ...none, ...properties }, application: (name) => values.get(name.toLowerCase()) }
}
const message = input(
  { n: 5, text: "it's", color: 'blue', yes: true, big: 9_007_199_254_740_993n, when: new Date(0), 'my name': 1 },
  { subject: 'order.created', groupId: 's1' },
)

const cases: readonly (readonly [string, boolean])[] = [
  ['1=1', true],
  ['1=0', false],
  ["n = 5 AND color = 'blue'", true],
  ['n <> 5 OR yes = true', true],
  ['NOT n = 5', false],
  ['n + 2 * 3 = 11', true],
  ['(n + 2) * 3 = 21', true],
  ['-n = -5 AND n % 2 = 1 AND n / 2 = 2', true],
  ["text = 'it''s'", true],
  ["color IN ('red', 'blue')", true],
  ["color NOT IN ('red', 'green')", true],
  ["color LIKE 'b%e'", true],
  ["color LIKE 'b_e'", false],
  ["color NOT LIKE 'r%'", true],
  ["'50%' LIKE '50!%' ESCAPE '!'", true],
  ["'501' LIKE '50!%' ESCAPE '!'", false],
  ['missing IS NULL', true],
  ['n IS NOT NULL', true],
  ['EXISTS(n) AND NOT EXISTS(user.missing)', true],
  ["sys.Label LIKE 'order.%' AND sys.SessionId = 's1'", true],
  ['big = 9007199254740993', true],
  ['[my name] = 1 AND "my name" = 1', true],
  ['yes', true],
  ["n = '5'", false],
  ["n <> '5'", false],
  ['missing = 1', false],
  ['NOT missing = 1', false],
  ['missing = 1 OR n = 5', true],
  ['NOT (missing = 1 AND n = 6)', true],
  ['missing NOT IN (1, 2)', false],
  ['n IN (missing, 5)', true],
  ['n / 0 = 1', false],
  ["color + 's' = 'blues'", true],
  ["COLOR = 'blue'", true],
]

test('filters decide as SQL does, unknown being no match', () => {
  const wrong = cases.filter(([text, want]) => parseSqlFilter(text)(message) !== want)
  assert.deepEqual(wrong, [])
})

const refused: readonly (readonly [string, RegExp])[] = [
  ['', /ends too early/],
  ['n =', /ends too early/],
  ['n = 5 5', /'5' at character 7 was not expected/],
  ["n = 'open", /character 5 \('''\) fits nowhere|character 5/],
  ['sys.Nope = 1', /'sys.Nope' is no property; there are user.<name> and sys.label/],
  ['n NOT 5', /'in' was expected before '5'/],
  ['n IN (1', /'\)' was expected at its end/],
  ['and', /found 'and'/],
  [`${'('.repeat(100)}1=1${')'.repeat(100)}`, /nested deeper than 64/],
  [`${'NOT '.repeat(100)}1=1`, /nested deeper than 64/],
]

test('a filter that cannot be read is refused with the place', () => {
  for (const [text, why] of refused) assert.throws(() => parseSqlFilter(text), why, text)
})

test('LIKE takes no more than text times pattern', () => {
  const filter = parseSqlFilter(`text LIKE '${'%a'.repeat(400)}b'`)
  const start = performance.now()
  assert.equal(filter(input({ text: 'a'.repeat(1_000) })), false)
  assert.ok(performance.now() - start < 1_000)
})
