// Guard rails at the door: who may write the fleet's own objects, workloads on the hub, and clusters that may not go yet.
import type { GroupVersionKind, KubeObject } from '../../../shared/api/kube-object.ts'
import { guardManaged } from '../../../shared/domain/guard-rail/member-cluster.ts'
import { answer, type GuardAnswer, type GuardedRequest } from '../../../shared/domain/guard-rail/request.ts'
import {
  decidingMember,
  type GuardRailSettings,
  guard,
  guardDefinition,
} from '../../../shared/domain/guard-rail/rules.ts'
import { isTrusted } from '../../../shared/domain/guard-rail/users.ts'
import { guardWorkload } from '../../../shared/domain/guard-rail/workloads.ts'
import { removalProblem } from '../../../shared/domain/membership/validate.ts'
import { compare, type Difference, type Input, type Replayer, replayTests, type Vector, wantOf } from './replayer.ts'

interface Request {
  readonly requestKind?: GroupVersionKind
  readonly subResource?: string
  readonly namespace?: string
  readonly name: string
  readonly operation: GuardedRequest['operation']
  readonly userInfo: { readonly username: string; readonly groups: readonly string[] }
  readonly object?: KubeObject
  readonly oldObject?: KubeObject
}

interface Validator {
  readonly whiteListedUsers?: readonly string[]
  readonly denyModifyMemberClusterLabels?: boolean
  readonly memberClustersOnHub?: readonly (KubeObject & { readonly spec: { readonly identity: { name: string } } })[]
}

function requestOf({ req }: Input, kind?: GroupVersionKind): GuardedRequest {
  const { requestKind, subResource, namespace, name, operation, userInfo, object, oldObject } = req as Request
  return {
    operation,
    kind: kind ?? requestKind ?? { group: '', version: '', kind: '' },
    subresource: subResource,
    namespace,
    name,
    user: { name: userInfo.username, groups: userInfo.groups },
    object,
    old: oldObject,
  }
}

function settingsOf({ whiteListedUsers = [], denyModifyMemberClusterLabels = false }: Validator): GuardRailSettings {
  return { whitelistedUsers: whiteListedUsers, denyMemberClusterLabels: denyModifyMemberClusterLabels }
}

/** KubeFleet tells a refusal from an answer by reason and code; the hub answers every refusal with 403 Forbidden. */
function differences(line: Vector, got: GuardAnswer | undefined): Difference[] {
  const { wantResponse } = wantOf<{ wantResponse: { allowed: boolean; message?: string } }>(line)
  return [
    ...compare(wantResponse.allowed, got?.allowed ?? true, 'allowed'),
    ...(wantResponse.message === undefined ? [] : compare(wantResponse.message, got?.message, 'message')),
  ]
}

export const userValidation: Replayer = replayTests('webhook-uservalidation', {
  TestValidateUserForResource: (input, line) => {
    const request = requestOf(input)
    const { whitelistedUsers } = settingsOf(input)
    return differences(line, answer(request, isTrusted(request.user, whitelistedUsers)))
  },
  TestValidateFleetMemberClusterUpdate: (input, line) => {
    const update = { object: input['newMC'] as KubeObject, old: input['oldMC'] as KubeObject }
    return differences(line, guardManaged(requestOf(input), update, settingsOf(input)))
  },
  TestValidateUserForFleetCRD: (input, line) => differences(line, guardDefinition(requestOf(input), settingsOf(input))),
})

function handled(input: Input, line: Vector): Difference[] {
  const validator = (input['resourceValidator'] ?? {}) as Validator
  const request = requestOf(input)
  const name = decidingMember(request)
  const member = validator.memberClustersOnHub?.find(({ metadata }) => metadata.name === name)
  return differences(line, guard(request, settingsOf(validator), member?.spec.identity.name))
}

export const fleetResources: Replayer = replayTests('webhook-fleetresourcehandler', {
  TestHandleCRD: handled,
  TestHandleMemberCluster: handled,
  TestHandleFleetReservedNamespacedResource: handled,
  TestHandleNamespace: handled,
})

const workloadKinds: Readonly<Record<string, GroupVersionKind>> = {
  'pkg/webhook/pod': { group: '', version: 'v1', kind: 'Pod' },
  'pkg/webhook/replicaset': { group: 'apps', version: 'v1', kind: 'ReplicaSet' },
  'pkg/webhook/pdb': { group: 'policy', version: 'v1', kind: 'PodDisruptionBudget' },
}

export const workloads: Replayer = replayTests('webhook-workloads', {
  TestHandle: (input, line) => {
    const kind = workloadKinds[line.pkg ?? '']
    return differences(line, guardWorkload(requestOf(input, kind), { workloads: false, disruptionBudgets: false }))
  },
})

export const memberClusterRemoval: Replayer = replayTests('webhook-membercluster', {
  TestHandleDelete: (input, line) => {
    const { wantAllowed, wantMessageSubstr } = wantOf<{ wantAllowed: boolean; wantMessageSubstr: string }>(line)
    const problem = removalProblem({
      networking: input['networkingEnabled'] === true,
      validationMode: input['validationMode'] as 'Strict' | 'Skip' | undefined,
      exports: ['export'],
    })
    return [
      ...compare(wantAllowed, problem === undefined, 'allowed'),
      ...compare(true, (problem ?? '').includes(wantMessageSubstr), 'message'),
    ]
  },
})
