// Jobs are available when they are done, or while all pods they should be running have been started. KubeFleet does not
// track jobs, so this applies only where asked for.
import type { KubeObject } from '../../api/kube-object.ts'
import { type Availability, int, list, part, verdict } from './checker.ts'

/** batch/v1 Job. A suspended job has nothing to run; a failed one is never available. */
export function job(object: KubeObject): Availability {
  const spec = part(object, 'spec')
  const status = part(object, 'status')
  const isTrue = (type: string) =>
    list(status, 'conditions').some((one) => one['type'] === type && one['status'] === 'True')
  if (isTrue('Failed') || isTrue('FailureTarget')) return 'ManifestNotAvailableYet'
  if (isTrue('Complete') || isTrue('SuccessCriteriaMet') || spec['suspend'] === true) return 'Available'
  const succeeded = int(status, 'succeeded')
  const left = Math.max(0, int(spec, 'completions', int(spec, 'parallelism', 1)) - succeeded)
  const wanted = Math.min(int(spec, 'parallelism', 1), left)
  return verdict(status['startTime'] !== undefined && int(status, 'active') >= wanted)
}
