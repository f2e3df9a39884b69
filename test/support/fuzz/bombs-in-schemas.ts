// Custom kinds whose schemas cost more to judge than to write: patterns, rules, columns, depth.
import { type Bomb, get, kindOf, many, open, send, table } from './bomb-parts.ts'

export function patterns(): Record<string, Bomb> {
  const text = `${'a'.repeat(50_000)}!`
  const sources = {
    'nested repeats': '^(a+)+$',
    'repeated anything': '(.*)*(.*)*(.*)*b',
    'optional letters': `${'a?'.repeat(2_000)}${'a'.repeat(2_000)}`,
    'counted repeats': '((((a{100}){100}){100}){100})',
    'counted letters of any script': '[\\pL\\pN]{999}',
    'many alternatives': many(50_000, (index) => `a${index}`).join('|'),
    'deep groups': `${'('.repeat(20_000)}a${')'.repeat(20_000)}`,
    'deep classes': '['.repeat(50_000),
    'back references': '(a*)\\1\\1\\1b',
  }
  return Object.fromEntries(
    Object.entries(sources).map(([name, pattern]) => {
      const kind = kindOf({ type: 'string', pattern })
      return [`pattern of ${name}`, [kind.define, kind.make(text)]]
    }),
  )
}

export function rules(): Record<string, Bomb> {
  const list = (rule: string, maxItems?: number) => {
    const items = { type: 'string', maxLength: 40 }
    const xs = { type: 'array', items, ...(maxItems !== undefined && { maxItems }) }
    const kind = kindOf({ type: 'object', properties: { xs }, 'x-kubernetes-validations': [{ rule }] })
    return [kind.define, kind.make({ xs: many(maxItems ?? 300, (index) => `${'a'.repeat(30)}${index}`) })]
  }
  const text = (rule: string) => {
    const kind = kindOf({ type: 'string', 'x-kubernetes-validations': [{ rule }] })
    return [kind.define, kind.make(`${'a'.repeat(100_000)}!`)]
  }
  const within = (depth: number, macro: string) =>
    many(depth, (index) => `self.xs.${macro}(v${index}, `)
      .join('')
      .concat('true', ')'.repeat(depth))
  const doubled = (depth: number) =>
    many(depth, (index) => `[1, 2].map(v${index}, `)
      .join('')
      .concat('1', ')'.repeat(depth))
  return {
    'rule that matches nested repeats': text("self.matches('^(a+)+$')"),
    'rule that matches the value against itself': text('self.matches(self)'),
    'rule that matches counted repeats': text("self.matches('((a{100}){100}){100}')"),
    'rule that replaces every letter by the whole': text("self.replace('a', self).size() > 0"),
    'rule that joins what it split': text("self.split('').map(x, self).join(self).size() > 0"),
    'rule of six loops over an unbounded list': list(within(6, 'all')),
    'rule of six loops over thirty items': list(within(6, 'all'), 30),
    'rule of eight loops over four items': list(within(8, 'exists_one'), 4),
    'rule of forty loops': list(within(40, 'exists'), 3),
    'rule of five thousand loops': list(within(5_000, 'all'), 3),
    'rule that doubles a list thirty times': list(`size(${doubled(30)}) > 0`, 3),
    'rule that doubles a text forty times': list(
      `${many(40, () => '[').join('')}'a'${many(40, () => '].map(x, x + x)').join('')}.size() > 0`,
      3,
    ),
    'rule of ten thousand brackets': list(`${'('.repeat(10_000)}true${')'.repeat(10_000)}`, 3),
    'rule of ten thousand negations': list(`${'!'.repeat(10_000)}true`, 3),
    'rule of a hundred thousand sums': list(`${many(100_000, () => '1').join('+')} > 0`, 3),
    'rule of ten thousand choices': list(`${'true ? '.repeat(10_000)}true${' : false'.repeat(10_000)}`, 3),
    'rule of a literal of a million digits': list(`${'9'.repeat(1_000_000)} > 0`, 3),
  }
}

export function definitions(): Record<string, Bomb> {
  const deep = (depth: number) => {
    let schema: object = { type: 'string' }
    for (let level = 0; level < depth; level += 1) schema = { type: 'object', properties: { a: schema } }
    return schema
  }
  const free = kindOf(open, [
    { name: 'A', type: 'string', jsonPath: '.spec..a..a..a..a..a..a' },
    { name: 'B', type: 'string', jsonPath: '.spec[*][*][*][*][*][*]' },
    { name: 'C', type: 'string', jsonPath: '.spec..[?(@.a)]..[?(@.a)]..a' },
  ])
  let value: object = { a: 1 }
  for (let level = 0; level < 60; level += 1) value = { a: value, b: [level] }
  const branches = (depth: number): unknown => (depth === 0 ? 1 : many(6, () => branches(depth - 1)))
  return {
    'schema nested two hundred deep': [kindOf(deep(200)).define],
    'schema of twenty thousand fields': [
      kindOf({
        type: 'object',
        properties: Object.fromEntries(many(20_000, (index) => [`f${index}`, { type: 'string' }])),
      }).define,
    ],
    'schema of fifty thousand choices': [kindOf({ type: 'string', enum: many(50_000, (index) => `e${index}`) }).define],
    'schema of nested choices': [
      kindOf({ type: 'object', anyOf: many(2_000, () => ({ allOf: many(20, () => ({ required: ['a'] })) })) }).define,
    ],
    'schema of ten thousand rules': [
      kindOf({
        type: 'object',
        'x-kubernetes-validations': many(10_000, (index) => ({ rule: `self == self && ${index} >= 0` })),
      }).define,
    ],
    'columns that look everywhere': [
      free.define,
      free.make(value),
      get(`${free.path}/a`, table),
      get(free.path, table),
    ],
    'columns that look at every branch': [
      send('POST', free.path, { ...free.object({ a: branches(7) }), metadata: { name: 'b' } }),
      get(free.path, table),
    ],
  }
}
