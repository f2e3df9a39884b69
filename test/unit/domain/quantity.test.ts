// Reading and comparing Kubernetes quantities.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compareQuantities, parseQuantity, tryParseQuantity } from '../../../shared/domain/quantity.ts'

describe('quantities', () => {
  for (const [a, b] of [
    ['1', '1000m'],
    ['1Ki', '1024'],
    ['1e3', '1k'],
    ['1E3', '1000'],
    ['0.5Gi', '512Mi'],
    ['.5', '500m'],
    ['5.', '5'],
    ['+5', '5'],
    ['1E', '1e18'],
    ['0.0000000001', '1n'],
    ['-1.5n', '-2n'],
    ['8Ei', '9223372036854775807'],
  ] as const) {
    test(`${a} equals ${b}`, () => assert.equal(compareQuantities(parseQuantity(a), parseQuantity(b)), 0))
  }

  for (const [small, large] of [
    ['999m', '1'],
    ['1G', '1Gi'],
    ['-1', '0'],
    ['9223372036854775807', '9223372036854775808'],
    ['0.3', '300000001n'],
  ] as const) {
    test(`${small} is less than ${large}`, () => {
      assert.equal(compareQuantities(parseQuantity(small), parseQuantity(large)), -1)
      assert.equal(compareQuantities(parseQuantity(large), parseQuantity(small)), 1)
    })
  }

  for (const text of [
    '',
    'abc',
    '1.2.3',
    '1K',
    '1ki',
    '1e',
    '1e+',
    '0x10',
    '1e3Ki',
    '1 Gi',
    ' 1',
    'Inf',
    '--1',
    '1_000',
  ]) {
    test(`${JSON.stringify(text)} is none`, () => assert.equal(tryParseQuantity(text), undefined))
  }

  test('a text that would cost megabytes of digits is refused', () => {
    assert.equal(tryParseQuantity('9'.repeat(10_000)), undefined)
    assert.equal(tryParseQuantity('1e999999999'), undefined)
  })

  test('the error shows the text and what was expected', () => {
    assert.throws(() => parseQuantity('v1.30'), /"v1\.30" is not a quantity: expected digits/)
  })
})
