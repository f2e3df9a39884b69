// What every timer function does: one use case on the platform, then wait for what it published.
import type { Platform } from '../../shared/app/platform.ts'
import { getContext } from '../context.ts'
import type { TimerFunction } from '../define.ts'

/** `schedule` is six-field NCRONTAB, or a `%SETTING%` that holds one. */
export function timerFunction(
  name: string,
  schedule: string,
  useCase: (platform: Platform) => Promise<void>,
): TimerFunction {
  return {
    trigger: 'timer',
    name,
    schedule,
    async handler() {
      const { platform, publisher } = await getContext()
      await publisher.during(() => useCase(platform))
    },
  }
}
