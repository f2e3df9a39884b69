import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseFieldSelector } from '../../../../shared/apiserver/selector/field.ts'

const object = { metadata: { name: 'a,b', namespace: 'n' }, status: { phase: 'Running', count: 3, ready: true } }

for (const [selector, want] of [
  ['', true],
  ['metadata.namespace=n', true],
  ['metadata.namespace==n', true],
  ['metadata.namespace!=n', false],
  ['metadata.name=a\\,b', true],
  ['metadata.name!=x,metadata.namespace=n', true],
  ['status.phase=Running', true],
  ['status.count=3', true],
  ['status.ready=true', true],
  ['status.missing=', true],
  ['status.missing!=x', true],
] as const) {
  test(`"${selector}" ${want ? 'selects' : 'does not select'} the object`, () => {
    const allowed = ['status.phase', 'status.count', 'status.ready', 'status.missing']
    assert.equal(parseFieldSelector(selector, allowed).matches(object), want)
  })
}

test('the value a field is pinned to can be asked for', () => {
  const selector = parseFieldSelector('metadata.name=x,metadata.namespace!=y')
  assert.equal(selector.exact('metadata.name'), 'x')
  assert.equal(selector.exact('metadata.namespace'), undefined)
})

for (const [selector, message] of [
  ['spec.x=1', 'field label not supported: spec.x'],
  ['metadata.name', "invalid selector: 'metadata.name'; can't understand 'metadata.name'"],
  ['metadata.name=a\\x', 'invalid field selector: invalid escape sequence: \\x'],
  ['metadata.name=a=b', /unescaped character in value/],
] as const) {
  test(`"${selector}" is refused`, () => {
    assert.throws(() => parseFieldSelector(selector), { name: 'InvalidInputError', message })
  })
}
