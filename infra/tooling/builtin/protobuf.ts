// Reads protobuf messages from the public `generated.proto` files of the Kubernetes Go modules. What those do not say
// (which fields are inline in JSON, which keep a present zero) comes from the tags of the Go structs beside them.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

type Field = [name: string, type: string, flags?: string]

/** Where the packages of a name's first segments live below the module cache; `VERSION` is 0.MINOR.PATCH. */
const modules: readonly (readonly [prefix: string, folder: string])[] = [
  ['io.k8s.api.', 'k8s.io/api@vVERSION/'],
  ['io.k8s.apimachinery.', 'k8s.io/apimachinery@vVERSION/'],
  ['io.k8s.apiextensions-apiserver.', 'k8s.io/apiextensions-apiserver@vVERSION/'],
  ['io.k8s.kube-aggregator.', 'k8s.io/kube-aggregator@vVERSION/'],
]

const scalars = new Set(['string', 'bytes', 'bool', 'int32', 'int64', 'uint32', 'uint64', 'double', 'float'])

interface Package {
  readonly proto: string
  readonly structs: ReadonlyMap<string, ReadonlyMap<number, StructField>>
}

interface StructField {
  readonly json: string
  readonly inline: boolean
  readonly omitEmpty: boolean
  readonly pointer: boolean
}

/** Go struct fields with a protobuf tag, by struct name and field number. */
function readStructs(folder: string): Map<string, Map<number, StructField>> {
  const structs = new Map<string, Map<number, StructField>>()
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.go') && !name.endsWith('_test.go'))) {
    const text = readFileSync(join(folder, file), 'utf8')
    for (const [, name, body] of text.matchAll(/^type (\w+) struct \{\n([\s\S]*?)^\}/gm)) {
      if (name !== undefined && body !== undefined) structs.set(name, structFields(body))
    }
  }
  return structs
}

function structFields(body: string): Map<number, StructField> {
  const fields = new Map<number, StructField>()
  for (const [, declaration = '', json = '', protobuf = ''] of body.matchAll(
    /^\t([\w.*[\]{} ]+?)\s+`json:"([^"]*)"[^`]*?protobuf:"([^"]*)"/gm,
  )) {
    const [name = '', ...options] = json.split(',')
    fields.set(Number(protobuf.split(',')[1]), {
      json: name,
      inline: options.includes('inline'),
      omitEmpty: options.includes('omitempty') || options.includes('omitzero'),
      pointer: /(^|\s)\*\w/.test(declaration),
    })
  }
  return fields
}

function locate(cache: string, version: string, message: string): string {
  const found = modules.find(([prefix]) => message.startsWith(prefix))
  if (!found) throw new Error(`${message}: no Go module known for this name`)
  const [prefix, folder] = found
  const path = message.slice(prefix.length).split('.').slice(0, -1).join('/')
  return join(cache, folder.replace('VERSION', version), path)
}

/** `k8s.io.apiextensions_apiserver.pkg...Foo` as OpenAPI spells it. */
function openApiName(name: string): string {
  return name.replace(/^\.?k8s\.io\./, 'io.k8s.').replaceAll('_', '-')
}

function typeName(raw: string, packageName: string): string {
  if (scalars.has(raw)) return raw
  return raw.includes('.') ? openApiName(raw) : `${packageName}.${raw}`
}

function flagsOf(label: string, map: boolean, type: string, go: StructField | undefined): string {
  const scalar = scalars.has(type)
  return [
    label === 'repeated' && 'r',
    map && 'm',
    scalar && go?.pointer === true && 'o',
    go !== undefined && !go.omitEmpty && !go.inline && 'z',
    go?.inline === true && 'i',
  ]
    .filter((flag) => flag !== false)
    .join('')
}

function readMessage(source: Package, packageName: string, name: string): Record<string, Field> {
  const body = source.proto.match(new RegExp(`^message ${name} \\{\\n([\\s\\S]*?)^\\}`, 'm'))?.[1]
  if (body === undefined) throw new Error(`${packageName}.${name}: no such message`)
  const fields: Record<string, Field> = {}
  for (const match of body.matchAll(
    /^\s*(optional|repeated|map<string, )?\s*([\w.]+)>?\s+([\w$]+)\s*=\s*(\d+)(?:\s*\[[^\]]*\])?;/gm,
  )) {
    const [, label = '', rawType = '', protoName = '', number = ''] = match
    const type = typeName(rawType, packageName)
    const go = source.structs.get(name)?.get(Number(number))
    const flags = flagsOf(label, label.startsWith('map<'), type, go)
    const json = go?.inline ? '' : go?.json || protoName
    fields[number] = flags === '' ? [json, type] : [json, type, flags]
  }
  return fields
}

/** Messages reachable from `roots` (OpenAPI names), sorted by name. `release` is the server's, e.g. v1.36.3. */
export function readProtobuf(
  cache: string,
  release: string,
  roots: readonly string[],
): Record<string, Record<string, Field>> {
  const version = `0.${release.replace(/^v1\./, '').replace(/[-+].*$/, '')}`
  const packages = new Map<string, Package>()
  const packageOf = (message: string): Package => {
    const folder = locate(cache, version, message)
    let found = packages.get(folder)
    if (!found) {
      const file = join(folder, 'generated.proto')
      if (!existsSync(file)) throw new Error(`${file} is missing: go mod download k8s.io/api@v${version} and its peers`)
      found = { proto: readFileSync(file, 'utf8'), structs: readStructs(folder) }
      packages.set(folder, found)
    }
    return found
  }
  const messages: Record<string, Record<string, Field>> = {}
  const queue = [...roots]
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (messages[name]) continue
    const dot = name.lastIndexOf('.')
    const fields = readMessage(packageOf(name), name.slice(0, dot), name.slice(dot + 1))
    messages[name] = fields
    queue.push(...Object.values(fields).flatMap(([, type]) => (scalars.has(type) ? [] : [type])))
  }
  return Object.fromEntries(Object.entries(messages).sort(([a], [b]) => (a < b ? -1 : 1)))
}
