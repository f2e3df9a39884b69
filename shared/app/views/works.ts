// Works: what one cluster is to have and how each object stands there, in the cluster's namespace `fleet-member-<cluster>`.
// KubeFleet keeps one for each piece of a snapshot and one for each envelope; the hub keeps one list and cuts it up here.
import type { KubeObject } from '../../api/kube-object.ts'
import type { MemberCluster } from '../../api/member-cluster.ts'
import type { PlacementKey } from '../../api/message.ts'
import type { Observed, Wanted } from '../../api/placement-record.ts'
import { isReportedByAgent } from '../../domain/membership/agents.ts'
import type { Overrides } from '../../domain/override/match.ts'
import { memberNamespace, workBase } from '../../domain/work/names.ts'
import { NotFoundError } from '../../errors.ts'
import { mapAtOnce } from '../at-once.ts'
import { placementKeys, recordRevision, renderEach, shown, type View, type ViewNeeds } from './view.ts'
import { workObjects } from './work-objects.ts'
import { takeReport } from './work-reports.ts'

const prefix = memberNamespace('')
/** Clusters read at once. */
const readsAtOnce = 8

/** The view of all works. */
export function works(needs: ViewNeeds): View {
  const onCluster = (cluster: string, keys: readonly PlacementKey[]) =>
    mapAtOnce(keys, readsAtOnce, (key) => worksOn(needs, cluster, key)).then((all) => all.flat())
  return {
    async get({ namespace = '', name }) {
      const cluster = clusterOf(namespace)
      if (cluster === undefined) return undefined
      const keys = (await needs.clusters.placements(cluster)).filter((key) => name.startsWith(`${workBase(key)}-`))
      return (await onCluster(cluster, keys)).find(({ metadata }) => metadata.name === name)
    },
    async list(namespace) {
      if (namespace === undefined) return listAll(needs)
      const cluster = clusterOf(namespace)
      return cluster === undefined ? [] : onCluster(cluster, await needs.clusters.placements(cluster))
    },
    revision: () => recordRevision(needs),
    write: {
      async update({ namespace = '', name }, object, old) {
        const cluster = clusterOf(namespace) ?? ''
        const keys = (await needs.clusters.placements(cluster)).filter((key) => name.startsWith(`${workBase(key)}-`))
        for (const placement of keys) {
          const names = namesOf(await worksOn(needs, cluster, placement))
          if (!names.includes(name)) continue
          await takeReport(needs, { cluster, placement, name, works: names }, object, old)
          return (await worksOn(needs, cluster, placement)).find(({ metadata }) => metadata.name === name) ?? object
        }
        throw new NotFoundError(`works.placement.kubernetes-fleet.io "${name}" not found`)
      },
    },
  }
}

function namesOf(objects: readonly KubeObject[]): string[] {
  return objects.map(({ metadata }) => metadata.name ?? '')
}

/** The cluster a namespace of works belongs to. */
export function clusterOf(namespace: string): string | undefined {
  return namespace.startsWith(prefix) ? namespace.slice(prefix.length) : undefined
}

/** Placement by placement: one partition holds all its clusters. */
async function listAll(needs: ViewNeeds): Promise<readonly KubeObject[]> {
  const keys = (await Promise.all([placementKeys(needs, 'cluster'), placementKeys(needs, 'namespaced')])).flat()
  return renderEach(keys, async (key) => {
    const record = await needs.placements.read(key)
    const observed = new Map(record?.observed.map(({ value }) => [value.cluster, value]))
    const render = renderer(needs, key)
    const rows = (record?.wanted ?? []).map(({ value }) => value)
    return (await mapAtOnce(rows, readsAtOnce, (wanted) => render(wanted, observed.get(wanted.cluster)))).flat()
  })
}

async function worksOn(needs: ViewNeeds, cluster: string, key: PlacementKey): Promise<readonly KubeObject[]> {
  const { wanted, observed } = await needs.placements.readCluster(key, cluster)
  return wanted ? renderer(needs, key)(wanted.value, observed?.value) : []
}

/** Renders the works of one placement; what several clusters share is read once. */
function renderer({ payloads, lists }: ViewNeeds, placement: PlacementKey) {
  const contents = new Map<string, Promise<KubeObject[]>>()
  const contentOf = (payload: string) => {
    const known = contents.get(payload) ?? payloads.get(payload).then((text) => JSON.parse(text) as KubeObject[])
    contents.set(payload, known)
    return known
  }
  return async (wanted: Wanted, observed: Observed | undefined): Promise<readonly KubeObject[]> => {
    if (wanted.payload === '' || wanted.state === 'Scheduled') return []
    const [objects, overrides, clusters] = await Promise.all([
      contentOf(wanted.payload),
      overridesOf(lists, wanted),
      lists.memberClusters({ maxAgeMs: 1_000 }),
    ])
    const cluster = { name: wanted.cluster, labels: labelsOf(clusters, wanted.cluster) }
    const member = clusters.find(({ metadata }) => metadata.name === wanted.cluster)
    const agent = member !== undefined && isReportedByAgent(member)
    return workObjects({ placement, wanted, observed, objects, overrides, cluster, agent }).map((work) =>
      shown(work, wanted.uid),
    )
  }
}

function labelsOf(clusters: readonly MemberCluster[], name: string) {
  return clusters.find(({ metadata }) => metadata.name === name)?.metadata.labels
}

async function overridesOf(
  lists: ViewNeeds['lists'],
  { resourceOverrides, clusterResourceOverrides }: Wanted,
): Promise<Overrides> {
  if (!resourceOverrides?.length && !clusterResourceOverrides?.length) return { cluster: [], namespaced: [] }
  return lists.overrideSnapshots()
}
