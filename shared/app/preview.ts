// Answers to "what if": the plan of a placement, and what a dry run of one says.
import { z } from 'zod'
import type { Json } from '../api/json.ts'
import { type KubeObject, type ResourceType, typeText } from '../api/kube-object.ts'
import { Placement } from '../api/placement.ts'
import { InvalidInputError } from '../errors.ts'
import { types } from './fleet-lists.ts'
import { type PlanNeeds, planPlacement } from './plan-placement.ts'

const Planned = z.looseObject({
  apiVersion: z.string(),
  kind: z.enum(['ClusterResourcePlacement', 'ResourcePlacement']),
  metadata: z.looseObject({ name: z.string() }),
})
const placementTypes: readonly string[] = [typeText(types.clusterResourcePlacement), typeText(types.resourcePlacement)]

/** A dry run of a placement comes back with the status it would have, and one line that says what would happen. */
export function createPreview(platform: PlanNeeds) {
  return async (type: ResourceType, object: KubeObject) => {
    const placement = placementTypes.includes(typeText(type)) ? Placement.safeParse(object) : undefined
    if (!placement?.success || placement.data.metadata.deletionTimestamp) return undefined
    const { plan, status } = await planPlacement(platform, placement.data)
    return { object: { ...object, status } as KubeObject, warnings: [`plan: ${plan.summary}`] }
  }
}

/** Answers a PlacementPlan. Throws InvalidInputError when it holds no placement, and what writing the placement would throw. */
export function createPlanReview(platform: PlanNeeds) {
  return async ({
    spec,
    dryRun,
  }: {
    spec: { readonly [field: string]: unknown }
    dryRun: (object: KubeObject) => Promise<KubeObject>
  }): Promise<Json> => {
    const asked = Planned.safeParse(spec['placement'])
    if (!asked.success)
      throw new InvalidInputError(
        'spec.placement: expected a ClusterResourcePlacement or ResourcePlacement with apiVersion, kind and metadata.name',
      )
    const placement = Placement.parse(await dryRun(asked.data as KubeObject))
    const { plan } = await planPlacement(platform, placement)
    return JSON.parse(JSON.stringify(plan)) as Json
  }
}
