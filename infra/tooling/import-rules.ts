// Checks the import directions of the source tree and says why a wrong one is wrong.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

interface Rule {
  /** Folder (or file) prefix the rule speaks of; the longest matching prefix applies. */
  readonly from: string
  /** Prefixes of our own files it may import, besides its own folder. */
  readonly may: readonly string[]
  /** Packages and `node:` modules it may import; '*' for any. */
  readonly packages: readonly string[]
  readonly why: string
}

export const rules: readonly Rule[] = [
  { from: 'shared/errors.ts', may: [], packages: [], why: 'the error set is the bottom of everything' },
  {
    from: 'shared/api',
    may: ['shared/errors.ts'],
    packages: ['zod'],
    why: 'the contract must be readable without any implementation',
  },
  {
    from: 'shared/domain',
    may: ['shared/api', 'shared/errors.ts'],
    packages: ['re2js', 'rfc6902', 'node:crypto'],
    why: 'decisions are pure: the same input gives the same output, without clock, network or SDK',
  },
  {
    from: 'shared/ports',
    may: ['shared/api', 'shared/errors.ts'],
    packages: [],
    why: 'a port is a promise in our own words; an SDK type in it would bind every adapter',
  },
  {
    from: 'shared/apiserver',
    may: ['shared/api', 'shared/errors.ts', 'shared/ports'],
    packages: ['zod', 'rfc6902', 're2js', 'yaml', '@marcbachmann/cel-js', 'jose', 'node:crypto', 'node:zlib'],
    why: 'Kubernetes API semantics stand on the ports alone, so that the hub and the simulated members share them',
  },
  {
    from: 'shared/app',
    may: ['shared/domain', 'shared/ports', 'shared/api', 'shared/errors.ts'],
    packages: ['zod', 'node:crypto', 'node:async_hooks'],
    why: 'a use case loads, decides with the domain, commits and publishes; adapters are handed to it',
  },
  {
    from: 'shared/adapters/azure',
    may: ['shared/ports', 'shared/api', 'shared/errors.ts'],
    packages: ['@azure/data-tables', '@azure/service-bus', '@azure/identity', 'node:crypto', 'node:zlib', 'zod'],
    why: 'an adapter translates between one port and one SDK, nothing else',
  },
  {
    from: 'shared/adapters/kube',
    may: ['shared/ports', 'shared/api', 'shared/errors.ts'],
    packages: [
      '@kubernetes/client-node',
      'zod',
      'yaml',
      'node:crypto',
      'node:https',
      'node:http',
      'node:tls',
      'node:zlib',
      'node:stream',
    ],
    why: 'an adapter translates between one port and one SDK, nothing else',
  },
  {
    from: 'shared/adapters/memory',
    may: ['shared/ports', 'shared/api', 'shared/errors.ts'],
    packages: ['node:crypto'],
    why: 'an adapter translates between one port and one technology, nothing else',
  },
  {
    from: 'shared/adapters/log',
    may: ['shared/ports'],
    packages: [],
    why: 'an adapter translates between one port and one technology, nothing else',
  },
  {
    from: 'shared/config',
    may: ['shared/errors.ts'],
    packages: ['zod'],
    why: 'configuration is read once, here, and handed on typed',
  },
  {
    from: 'functions/context.ts',
    may: [
      'functions',
      'shared/app',
      'shared/api',
      'shared/errors.ts',
      'shared/ports',
      'shared/config',
      'shared/adapters',
      'shared/apiserver',
    ],
    packages: ['node:crypto', '@azure/identity', '@azure/service-bus'],
    why: 'the composition root wires adapters to use cases; no other file does',
  },
  {
    from: 'functions/http/answer-flow.ts',
    may: [],
    packages: ['node:diagnostics_channel', 'node:http'],
    why: 'it looks at the connection beneath an answer and at nothing else',
  },
  {
    from: 'functions',
    may: ['shared/app', 'shared/api', 'shared/errors.ts', 'shared/config', 'shared/apiserver', 'shared/ports'],
    packages: ['@azure/functions', 'zod'],
    why: 'a trigger translates in, calls one use case and translates out',
  },
  {
    from: 'infra/local',
    may: [
      'functions',
      'shared/api',
      'shared/errors.ts',
      'shared/config',
      'shared/adapters',
      'shared/apiserver',
      'shared/ports',
      'infra/tooling',
    ],
    packages: ['*'],
    why: 'the local platform stands in for the cloud around the functions and knows no business rule',
  },
  { from: 'infra/tooling', may: ['functions', 'shared'], packages: ['*'], why: 'tools may look at everything' },
  {
    from: 'infra/azure',
    may: ['shared/api', 'shared/config'],
    packages: ['*'],
    why: 'infrastructure takes names from the contract, nothing else',
  },
  { from: 'test', may: ['functions', 'shared', 'infra', 'test'], packages: ['*'], why: 'tests may look at everything' },
]

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const importPattern =
  /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)\s*import\s*['"]([^'"]+)['"]/g

const within = (path: string, prefix: string) => path === prefix || path.startsWith(`${prefix}/`)

function packageName(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** The complaint about one import, or undefined when it is fine. `file` is relative to the root. */
export function complaint(file: string, specifier: string): string | undefined {
  const rule = rules
    .filter((candidate) => within(file, candidate.from))
    .sort((a, b) => b.from.length - a.from.length)[0]
  if (!rule)
    return `${file} lies in no folder of the design: every source folder has a rule in infra/tooling/import-rules.ts`
  if (specifier.startsWith('.')) {
    const target = relative(root, resolve(root, dirname(file), specifier))
    if (within(target, rule.from) || rule.may.some((prefix) => within(target, prefix))) return undefined
    return `${file} imports ${target}, but ${rule.from} may import only ${rule.may.join(', ') || 'nothing of ours'}: ${rule.why}`
  }
  const name = packageName(specifier)
  if (rule.packages.includes('*') || rule.packages.includes(name)) return undefined
  return `${file} imports ${name}, but ${rule.from} may use only ${rule.packages.join(', ') || 'no package'}: ${rule.why}`
}

export function sourceFiles(): string[] {
  return ['functions', 'shared', 'infra', 'test'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => relative(root, join(entry.parentPath, entry.name))),
  )
}

export function importComplaints(): string[] {
  return sourceFiles().flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(importPattern)].flatMap((match) => {
      const specifier = match[1] ?? match[2] ?? match[3]
      const found = specifier === undefined ? undefined : complaint(file, specifier)
      return found === undefined ? [] : [found]
    }),
  )
}

if (import.meta.main) {
  const complaints = importComplaints()
  for (const line of complaints) console.error(line)
  console.log(complaints.length === 0 ? 'import directions: fine' : `import directions: ${complaints.length} wrong`)
  process.exitCode = complaints.length === 0 ? 0 : 1
}
