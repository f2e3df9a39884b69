// Defaults of placements and works.
import type { ApplyStrategy, PlacementSpec } from '../../../shared/api/placement.ts'
import { withApplyDefaults, withDefaults } from '../../../shared/domain/placement/defaults.ts'
import { compare, replayTests, wantOf } from './replayer.ts'

export const defaulter = replayTests('defaulter', {
  TestSetDefaultsClusterResourcePlacement(input, line) {
    const { spec } = input['obj'] as { spec: PlacementSpec }
    return compare(wantOf<{ wantObj: { spec: unknown } }>(line).wantObj.spec, withDefaults(spec), 'spec')
  },
  TestSetDefaultsWork(input, line) {
    const { spec } = input['work'] as { spec: { applyStrategy?: ApplyStrategy } }
    const { want } = wantOf<{ want: { spec: { applyStrategy: unknown } } }>(line)
    return compare(want.spec.applyStrategy, withApplyDefaults(spec.applyStrategy), 'spec.applyStrategy')
  },
})
