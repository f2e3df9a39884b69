// What an agent on a member says of one Work, put together with what it said of the others of the same placement.
import type { Observed, Wanted } from '../../api/placement-record.ts'
import type { WorkStatus } from '../../api/work.ts'
import { bindingStatus } from './binding-status.ts'

export interface AgentReport {
  readonly wanted: Wanted
  readonly observed: Observed | undefined
  /** The Work that is reported on, and all of the placement on the cluster. */
  readonly name: string
  readonly works: readonly string[]
  readonly status: WorkStatus
  /** RFC 3339. */
  readonly now: string
}

/** The row as a worker of the hub would have written it. */
export function agentObservation({ wanted, observed, name, works, status, now }: AgentReport): Observed {
  const before = new Map(observed?.works?.map((work) => [work.name, work.status]))
  const reported = works.flatMap((work) => {
    const said = work === name ? status : before.get(work)
    return said ? [{ name: work, status: said }] : []
  })
  const told = new Map(reported.map((work) => [work.name, work.status]))
  const { conditions, failed, drifted, diffed } = bindingStatus({
    outcome: {
      kind: 'synced',
      hasOverrides: (wanted.resourceOverrides?.length ?? 0) + (wanted.clusterResourceOverrides?.length ?? 0) > 0,
      works: works.map((work) => ({ name: work, generation: wanted.generation, status: told.get(work) })),
    },
    strategy: wanted.applyStrategy?.type,
    generation: wanted.generation,
    previous: observed?.conditions ?? [],
    now,
  })
  return {
    cluster: wanted.cluster,
    epoch: wanted.generation,
    conditions: [...conditions],
    ...(failed.length > 0 && { failed: [...failed] }),
    ...(drifted.length > 0 && { drifted: [...drifted] }),
    ...(diffed.length > 0 && { diffed: [...diffed] }),
    work: {
      conditions: status.conditions ?? [],
      manifestConditions: reported.flatMap((work) => work.status.manifestConditions ?? []),
    },
    works: reported,
    observedAt: now,
    rounds: 0,
  }
}

/** The row of a decision an agent has not answered yet. */
export function agentPending(wanted: Wanted, observed: Observed | undefined, now: string): Observed {
  const { conditions } = bindingStatus({
    outcome: {
      kind: 'inProgress',
      hasOverrides: (wanted.resourceOverrides?.length ?? 0) + (wanted.clusterResourceOverrides?.length ?? 0) > 0,
    },
    strategy: wanted.applyStrategy?.type,
    generation: wanted.generation,
    previous: observed?.conditions ?? [],
    now,
  })
  const { work = {}, works } = observed ?? {}
  const said = works && { works }
  return {
    cluster: wanted.cluster,
    epoch: wanted.generation,
    conditions: [...conditions],
    work,
    ...said,
    observedAt: now,
    rounds: 0,
  }
}
