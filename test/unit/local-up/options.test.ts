// The flags of `npm start`: what they give, and the sentence for everything they do not allow.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readOptions } from '../../../infra/local/up/options.ts'

test('defaults', () => {
  assert.deepEqual(readOptions([]), {
    port: 7_071,
    tls: false,
    data: '.hubless',
    members: 3,
    member: [],
    example: { kind: 'default' },
  })
})

test('everything given', () => {
  assert.deepEqual(
    readOptions([
      '--port',
      '0',
      '--tls',
      '--data',
      'x',
      '--members=0',
      '--member',
      'a=package.json',
      '--member',
      'b=host.json',
      '--example',
      'infra',
    ]),
    {
      port: 0,
      tls: true,
      data: 'x',
      members: 0,
      member: [
        { name: 'a', kubeconfig: 'package.json' },
        { name: 'b', kubeconfig: 'host.json' },
      ],
      example: { kind: 'path', path: 'infra' },
    },
  )
  assert.equal(readOptions(['--help']), 'help')
  const { example } = readOptions(['--no-example']) as { example: unknown }
  assert.deepEqual(example, { kind: 'none' })
})

for (const [args, words] of [
  [['--prot', '1'], /Unknown option '--prot'[\s\S]*Allowed are --port/],
  [['extra'], /'extra'[\s\S]*Allowed are --port/],
  [['--port'], /--port[\s\S]*Allowed are/],
  [['--port', '70000'], /--port: "70000" is not allowed; give a whole number from 0 to 65535/],
  [['--members', '1e2'], /--members: "1e2" is not allowed; give a whole number from 0 to 1000/],
  [['--member', 'a'], /--member: "a" is not allowed; give NAME=KUBECONFIG/],
  [['--member', 'A=host.json'], /"A" is no cluster name/],
  [['--member', 'a=nowhere'], /there is no file nowhere for cluster a/],
  [['--member', 'member-1=host.json'], /two clusters are called member-1/],
  [['--member', 'a=host.json', '--member', 'a=host.json'], /two clusters are called a/],
  [['--example', 'nowhere'], /--example: there is no file or folder nowhere/],
  [['--example', 'infra', '--no-example'], /give either --example or --no-example/],
  [['--data', ''], /--data: give a folder/],
] as const) {
  test(`${args.join(' ')} is refused`, () => {
    assert.throws(() => readOptions(args), { name: 'InvalidInputError', message: words })
  })
}

test('several mistakes are told at once', () => {
  assert.throws(() => readOptions(['--port', 'x', '--members', 'y']), /--port: [\s\S]*--members: /)
})
