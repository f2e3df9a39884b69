// Bodies that nest without end, as JSON and as YAML.
import { apply, type Bomb, chain, configMap, configMaps, gizmos, many, send } from './bomb-parts.ts'

export function nesting(): Record<string, Bomb> {
  const types = {
    merge: 'application/merge-patch+json',
    strategic: 'application/strategic-merge-patch+json',
    'JSON patch': 'application/json-patch+json',
    apply: 'application/apply-patch+yaml',
  }
  const texts = {
    lists: chain('[', ']', 400_000),
    maps: chain('{"a":', '}', 300_000),
    'lists never closed': '['.repeat(3_000_000),
    'maps never closed': '{"a":'.repeat(500_000),
  }
  const rows: Record<string, Bomb> = {}
  for (const [what, text] of Object.entries(texts)) {
    rows[`create of deep ${what}`] = [
      send('POST', configMaps, configMap(`"data":${text}`)),
      send('POST', gizmos, `{"spec":{"free":${text}}}`),
      send('POST', configMaps, text),
    ]
    for (const [name, type] of Object.entries(types)) {
      const path = `${configMaps}/bomb?fieldManager=bomb`
      rows[`${name} of deep ${what}`] = [
        send('PATCH', path, configMap(`"data":${text}`), type),
        send('PATCH', path, text, type),
      ]
    }
  }
  const level = (index: number) => `l${index}: &l${index} [${many(10, () => `*l${index - 1}`).join(', ')}]`
  const aliases = ['l0: &l0 [x, x, x, x, x, x, x, x, x, x]', ...many(9, (index) => level(index + 1))].join('\n')
  const merged = [
    'm0: &m0 {a: 1}',
    ...many(25, (index) => `m${index + 1}: &m${index + 1} {<<: [*m${index}, *m${index}], k${index}: 1}`),
  ].join('\n')
  const yaml = (data: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bomb}\n${data}\n`
  const texts2 = {
    'aliases of aliases': aliases,
    'merge keys': merged,
    'an alias of itself': 'data: &d {a: *d}',
    dashes: `data:\n${'- '.repeat(100_000)}x`,
    indents: many(2_000, (index) => `${' '.repeat(index)}a:`).join('\n'),
    anchors: many(50_000, (index) => `k${index}: &k${index} x`).join('\n'),
    questions: '? '.repeat(100_000),
    documents: '---\n'.repeat(300_000),
    tags: `data: ${'!!str '.repeat(100_000)}x`,
    'open quotes': `data: {a: "${'\\'.repeat(1_000_001)}`,
    'folded lines': `data: {a: >\n${'\n'.repeat(1_000_000)}`,
  }
  for (const [what, text] of Object.entries(texts2))
    rows[`YAML of ${what}`] = [
      apply(`${configMaps}/bomb`, yaml(text)),
      send('POST', configMaps, yaml(text), 'application/yaml'),
    ]
  return rows
}
