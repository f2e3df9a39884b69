import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { add, formatQuantity, parseQuantity, subtractToZero, zero } from '../../shared/adapters/kube/quantity.ts'

const suffix = fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'G', 'T', 'Ki', 'Mi', 'Gi', 'Ti', 'e3', 'E-2')
const text = fc.tuple(fc.nat(1_000_000), fc.nat(999), suffix).map(([whole, part, end]) => `${whole}.${part}${end}`)
const quantity = text.map((each) => parseQuantity(each) ?? assert.fail(`${each} is a quantity`))

test('printing and reading again keeps the amount, rounded up to whole bytes in binary', () => {
  fc.assert(
    fc.property(quantity, (want) => {
      const got = parseQuantity(formatQuantity(want)) ?? assert.fail('prints a quantity')
      const rounded = want.format === 'binary' ? 1_000_000_000n : 1n
      assert.ok(got.nano >= want.nano && got.nano - want.nano < rounded)
    }),
  )
})

test('adding is exact and in any order', () => {
  fc.assert(
    fc.property(fc.array(quantity, { maxLength: 20 }), (amounts) => {
      const total = amounts.reduce(add, zero).nano
      assert.equal(amounts.toReversed().reduce(add, zero).nano, total)
      assert.equal(
        amounts.reduce((sum, { nano }) => sum + nano, 0n),
        total,
      )
    }),
  )
})

test('subtracting never goes below zero and undoes adding', () => {
  fc.assert(
    fc.property(quantity, quantity, (left, right) => {
      assert.equal(subtractToZero(add(left, right), right).nano, left.nano)
      assert.ok(subtractToZero(left, right).nano >= 0n)
    }),
  )
})

test('prints what Kubernetes prints', () => {
  const wants: readonly (readonly [string, string])[] = [
    ['0', '0'],
    ['1500m', '1500m'],
    ['2000m', '2'],
    ['1000', '1k'],
    ['0.5', '500m'],
    ['1e3', '1e3'],
    ['1024Ki', '1Mi'],
    ['1025Ki', '1025Ki'],
    ['1Gi', '1Gi'],
    ['512Ki', '512Ki'],
    ['0.5Ki', '512'],
    ['16393240Ki', '16393240Ki'],
    ['1.5Gi', '1536Mi'],
    ['100M', '100M'],
  ]
  for (const [given, want] of wants) assert.equal(formatQuantity(parseQuantity(given) ?? zero), want, given)
})

test('refuses what is no quantity', () => {
  for (const given of ['', 'x', '1KiB', '--1', '1 Gi', '.', 'e3', `${'9'.repeat(41)}`, '1e100'])
    assert.equal(parseQuantity(given), undefined, given)
})
