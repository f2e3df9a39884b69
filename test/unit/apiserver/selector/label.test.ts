import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchesLabelSelector, parseLabelSelector } from '../../../../shared/apiserver/selector/label.ts'

const labels = { app: 'web', tier: 'front', size: '3', empty: '', 'example.com/team': 'a' }

for (const [selector, want] of [
  ['', true],
  ['  ', true],
  ['app', true],
  ['missing', false],
  ['!missing', true],
  ['! app', false],
  ['app=web', true],
  ['app==web', true],
  ['app = db', false],
  ['app!=db', true],
  ['missing!=x', true],
  ['empty=', true],
  ['empty', true],
  ['app in (web, db)', true],
  ['app in (db)', false],
  ['app notin (db)', true],
  ['missing notin (db)', true],
  ['empty in ()', true],
  ['app in (,web)', true],
  ['size>2', true],
  ['size > 3', false],
  ['size<10', true],
  ['app>1', false],
  ['missing<1', false],
  ['app=web,tier=front,!x', true],
  ['app=web,tier=back', false],
  ['example.com/team=a', true],
  ['in in (x)', false],
] as const) {
  test(`"${selector}" ${want ? 'selects' : 'does not select'} the labels`, () => {
    assert.equal(parseLabelSelector(selector).matches(labels), want)
  })
}

test('absent labels are no labels', () => {
  assert.equal(parseLabelSelector('!a').matches(undefined), true)
  assert.equal(parseLabelSelector('a').matches(undefined), false)
})

test('a property every object inherits is no label', () => {
  assert.equal(parseLabelSelector('toString').matches({}), false)
  assert.equal(parseLabelSelector('constructor notin (x)').matches({}), true)
})

for (const [selector, message] of [
  ['a in', "unable to parse requirement: found '' expected: '('"],
  ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
  [',a', "found ',', expected: !, identifier, or 'end of string'"],
  ['a,', "found '', expected: identifier after ','"],
  ['a=b c', "found 'c', expected: ',' or 'end of string'"],
  ['a>x', /the value must be an integer/],
  ['-a', /name part must consist of alphanumeric characters/],
  ['a=-b', /a valid label must be an empty string or consist of/],
  [`a=${'x'.repeat(64)}`, /must be no more than 63 bytes/],
  ['x'.repeat(70_000), /longer than 65536 characters/],
] as const) {
  test(`"${selector.slice(0, 20)}" is refused`, () => {
    assert.throws(() => parseLabelSelector(selector), { name: 'InvalidInputError', message })
  })
}

test('a selector object matches when its labels and its expressions do', () => {
  const matchLabels = { app: 'web' }
  assert.equal(matchesLabelSelector({ matchLabels }, labels), true)
  const expression = (operator: string, values?: string[]) => ({
    matchExpressions: [{ key: 'tier', operator, ...(values ? { values } : {}) }],
  })
  assert.equal(matchesLabelSelector({ matchLabels, ...expression('In', ['front']) }, labels), true)
  assert.equal(matchesLabelSelector({ matchLabels, ...expression('NotIn', ['front']) }, labels), false)
  assert.equal(matchesLabelSelector(expression('Exists'), labels), true)
  assert.equal(matchesLabelSelector(expression('DoesNotExist'), labels), false)
})

test('an empty selector object matches everything, an absent one nothing', () => {
  assert.equal(matchesLabelSelector({}, labels), true)
  assert.equal(matchesLabelSelector(undefined, labels), false)
  assert.equal(matchesLabelSelector(null, labels), false)
})

test('a selector object with a bad operator or bad values is refused', () => {
  const selecting = (operator: string, values: string[]) => () =>
    matchesLabelSelector({ matchExpressions: [{ key: 'k', operator, values }] }, {})
  assert.throws(selecting('Gt', ['1']), /"Gt" is not a valid label selector operator/)
  assert.throws(selecting('In', []), /values set can't be empty/)
  assert.throws(selecting('Exists', ['x']), /values set must be empty for exists/)
  assert.throws(selecting('constructor', []), /not a valid label selector operator/)
})
