// What makes an override invalid beyond its schema. Texts are KubeFleet's, tools and people search for them.
import type {
  ClusterResourceOverrideSpec,
  JsonPatchOverride,
  OverridePolicy,
  OverrideRule,
  ResourceOverrideSpec,
  ResourceSelector,
} from '../../api/override.ts'
import type { LabelSelector, ResourceSelectorTerm } from '../../api/placement.ts'
import { labelSelectorProblem } from '../label-selector.ts'

/** Overrides of one kind: of the hub for cluster-scoped ones, of a namespace for the others. */
export const maxOverrides = 100

/** Why another override cannot be created beside `count` existing ones. */
export function overrideCountProblem(count: number): string | undefined {
  return count < maxOverrides
    ? undefined
    : `at most ${maxOverrides} overrides can be created, there are ${count} already`
}

interface Named<Spec> {
  readonly metadata: { readonly name?: string | undefined }
  readonly spec: Spec
}

/** Problems of a ClusterResourceOverride beside all others of the hub. */
export function clusterResourceOverrideProblems(
  override: Named<ClusterResourceOverrideSpec>,
  others: readonly Named<ClusterResourceOverrideSpec>[],
): string[] {
  const own = override.spec.clusterResourceSelectors ?? []
  const taken = others.map(({ metadata, spec }) => ({
    name: metadata.name,
    selectors: spec.clusterResourceSelectors ?? [],
  }))
  return unique([
    ...clusterSelectorProblems(own),
    ...sharedProblems(override.metadata.name, own.map(clusterSelectorText), taken, clusterSelectorText),
    ...policyProblems(override.spec.policy),
  ])
}

/** Problems of a ResourceOverride beside all others of its namespace. */
export function resourceOverrideProblems(
  override: Named<ResourceOverrideSpec>,
  others: readonly Named<ResourceOverrideSpec>[],
): string[] {
  const own = override.spec.resourceSelectors ?? []
  const taken = others.map(({ metadata, spec }) => ({ name: metadata.name, selectors: spec.resourceSelectors ?? [] }))
  return unique([
    ...repeated(own.map(selectorText)),
    ...sharedProblems(override.metadata.name, own.map(selectorText), taken, selectorText),
    ...policyProblems(override.spec.policy),
  ])
}

/** Several problems in one text. */
export function problemsText(problems: readonly string[]): string | undefined {
  if (problems.length === 0) return undefined
  return problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`
}

function unique(problems: readonly string[]): string[] {
  return [...new Set(problems)]
}

/** Problems of the selectors of one ClusterResourceOverride. */
export function clusterSelectorProblems(selectors: readonly ResourceSelectorTerm[]): string[] {
  const seen = new Set<string>()
  return selectors.flatMap((selector) => {
    const text = clusterSelectorText(selector)
    if (selector.labelSelector) return [`label selector is not supported for resource selection ${text}`]
    if (!selector.name) return [`resource name is required for resource selection ${text}`]
    if (seen.has(text)) return [repetition(text)]
    seen.add(text)
    return []
  })
}

/** Problems of the selectors of one ResourceOverride. */
export function repeated(texts: readonly string[]): string[] {
  return texts.filter((text, at) => texts.indexOf(text) !== at).map(repetition)
}

function repetition(text: string): string {
  return `resource selector ${text} already exists, and must be unique`
}

interface Taken<Selector> {
  readonly name: string | undefined
  readonly selectors: readonly Selector[]
}

/** The first selector that another override has too. Overrides would have no order between them. */
function sharedProblems<Selector>(
  name: string | undefined,
  own: readonly string[],
  others: readonly Taken<Selector>[],
  text: (selector: Selector) => string,
): string[] {
  const owners = new Map<string, string>()
  for (const other of others.filter((one) => one.name !== name)) {
    for (const selector of other.selectors) owners.set(text(selector), other.name ?? '')
  }
  return own.flatMap((selector) => {
    const owner = owners.get(selector)
    return owner === undefined
      ? []
      : [
          `invalid resource selector ${selector}: the resource has been selected by both ${name ?? ''} and ${owner}, which is not supported`,
        ]
  })
}

/** A selector of a ResourceOverride the way it appears in error texts. */
export function selectorText({ group, version, kind, name }: ResourceSelector): string {
  return `{Group:${group} Version:${version} Kind:${kind} Name:${name}}`
}

/** A selector of a ClusterResourceOverride the way it appears in error texts. */
export function clusterSelectorText(selector: ResourceSelectorTerm): string {
  const { group, version, kind, name = '', labelSelector, selectionScope = '' } = selector
  const labels = labelSelector ? labelSelectorText(labelSelector) : 'nil'
  return `{Group:${group} Version:${version} Kind:${kind} Name:${name} LabelSelector:${labels} SelectionScope:${selectionScope}}`
}

function labelSelectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.keys(matchLabels)
    .sort()
    .map((key) => `${key}: ${matchLabels[key]},`)
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  )
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`
}

/** Problems of the rules of an override of either kind. */
export function policyProblems(policy: OverridePolicy | null | undefined): string[] {
  return (policy?.overrideRules ?? []).flatMap((rule) => [...clusterProblems(rule), ...typeProblems(rule)])
}

function clusterProblems({ clusterSelector }: OverrideRule): string[] {
  return (clusterSelector?.clusterSelectorTerms ?? []).flatMap((term) => {
    if (term.propertySelector || term.propertySorter) {
      return [`invalid clusterSelector ${JSON.stringify(term)}: only labelSelector is supported`]
    }
    if (!term.labelSelector) return [`invalid clusterSelector ${JSON.stringify(term)}: labelSelector is required`]
    const problem = labelSelectorProblem(term.labelSelector)
    return problem === undefined ? [] : [`invalid labelSelector ${labelSelectorText(term.labelSelector)}: ${problem}`]
  })
}

function typeProblems({ overrideType, jsonPatchOverrides }: OverrideRule): string[] {
  if (overrideType === 'Delete') {
    return jsonPatchOverrides?.length ? ['JSONPatchOverrides cannot be set when the override type is Delete'] : []
  }
  return overrideType === 'JSONPatch' ? jsonPatchProblems(jsonPatchOverrides) : []
}

/** Problems of the patches of one rule. */
export function jsonPatchProblems(patches: readonly JsonPatchOverride[] | null | undefined): string[] {
  if (!patches?.length) return ['JSONPatchOverrides cannot be empty']
  return patches.flatMap(({ op, path, value }) => {
    const hasValue = value !== undefined && value !== null
    const text = `invalid JSONPatchOverride {${op} ${path} {${hasValue ? JSON.stringify(value) : ''}}}`
    const problems = [pathProblem(path), op === 'remove' && hasValue ? 'remove operation cannot have value' : undefined]
    return problems.filter((problem) => problem !== undefined).map((problem) => `${text}: ${problem}`)
  })
}

/** Why a path may not be overridden: objects keep their identity, their owners and their status. */
export function pathProblem(path: string): string | undefined {
  if (path === '') return 'path cannot be empty'
  if (!path.startsWith('/')) return 'path must start with /'
  const [first, second, ...others] = path.slice(1).split('/')
  if (first === 'kind' || first === 'apiVersion') return 'cannot override typeMeta fields'
  if (first === 'status') return 'cannot override status fields'
  if (first === 'metadata') {
    if (second === undefined) return 'cannot override field metadata'
    if (second !== 'annotations' && second !== 'labels')
      return 'cannot override metadata fields except annotations and labels'
  }
  const blank = [first, second, ...others].some((segment) => segment !== undefined && segment.trim() === '')
  return blank ? 'path cannot contain empty string' : undefined
}
