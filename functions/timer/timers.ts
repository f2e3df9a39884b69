// The timers. Their schedules are settings, so that a fleet of a thousand clusters and a laptop can differ.
import { probeClusters, relay, resync, sweepDrift } from '../../shared/app/timers.ts'
import { timerFunction } from './timer-function.ts'

export const relayOutboxFunction = timerFunction('relay-outbox', '%HUBLESS_RELAY_SCHEDULE%', relay)
export const probeClustersFunction = timerFunction('probe-clusters', '%HUBLESS_PROBE_SCHEDULE%', probeClusters)
export const sweepDriftFunction = timerFunction('sweep-drift', '%HUBLESS_SWEEP_SCHEDULE%', sweepDrift)
export const resyncFunction = timerFunction('resync', '%HUBLESS_RESYNC_SCHEDULE%', resync)
