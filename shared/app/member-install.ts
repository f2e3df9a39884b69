// What every member needs before it can be worked on: the CustomResourceDefinition of the hub's owner objects.
import type { KubeObject } from '../api/kube-object.ts'
import { InvariantError, TransientError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import { type MemberCluster, MemberRefusal } from '../ports/member-cluster.ts'

const crdKind = { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' }

/** How often, and how long apart (milliseconds), a new definition is looked for until it is served. */
const looks = { times: 50, apartMs: 100 }

/**
 * Creates the definitions a member does not serve yet and waits until it does. Costs nothing where they are known to be
 * served. Throws TransientError when the member takes too long.
 */
export async function installOnMember(
  member: MemberCluster,
  crds: readonly KubeObject[],
  clock: Pick<Clock, 'sleep'>,
): Promise<void> {
  for (const crd of crds) {
    if (await isServed(member, crd)) continue
    const resource = await member.resolve(crdKind)
    if (!resource) throw new InvariantError('the member serves no CustomResourceDefinition')
    try {
      await member.write({ resource, name: crd.metadata.name ?? '' }, { verb: 'create', object: crd })
    } catch (error) {
      if (!(error instanceof MemberRefusal && error.code === 409)) throw error
    }
    await untilServed(member, crd, clock)
  }
}

async function untilServed(member: MemberCluster, crd: KubeObject, clock: Pick<Clock, 'sleep'>): Promise<void> {
  for (let look = 0; look < looks.times; look += 1) {
    if (await isServed(member, crd)) return
    await clock.sleep(looks.apartMs)
  }
  throw new TransientError(`the cluster does not serve ${crd.metadata.name} yet, although it has the definition`)
}

async function isServed(member: MemberCluster, crd: KubeObject): Promise<boolean> {
  const { group, names, versions } = crd['spec'] as {
    group: string
    names: { kind: string }
    versions: readonly { name: string; storage: boolean }[]
  }
  const version = versions.find(({ storage }) => storage)?.name ?? ''
  return (await member.resolve({ group, version, kind: names.kind })) !== undefined
}
