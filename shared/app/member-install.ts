// What every member needs before it can be worked on: the CustomResourceDefinition of the hub's owner objects.
import type { KubeObject } from '../api/kube-object.ts'
import { InvariantError } from '../errors.ts'
import { type MemberCluster, MemberRefusal } from '../ports/member-cluster.ts'

const crdKind = { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' }

/** Creates the definitions a member does not serve yet. Costs nothing where they are known to be served. */
export async function installOnMember(member: MemberCluster, crds: readonly KubeObject[]): Promise<void> {
  for (const crd of crds) {
    if (await isServed(member, crd)) continue
    const resource = await member.resolve(crdKind)
    if (!resource) throw new InvariantError('the member serves no CustomResourceDefinition')
    try {
      await member.write({ resource, name: crd.metadata.name ?? '' }, { verb: 'create', object: crd })
    } catch (error) {
      if (!(error instanceof MemberRefusal && error.code === 409)) throw error
    }
  }
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
