// Plays every script on both servers and says what came out.
import { randomBytes } from 'node:crypto'
import type { Accepted } from './accepted.ts'
import { withSortedCauses } from './causes.ts'
import { type Client, createClient } from './client.ts'
import { covers, type Difference, differencesOf } from './compare.ts'
import { createDefinitions } from './definitions.ts'
import { normalised } from './normalise.ts'
import { valueAt } from './path.ts'
import { type Answer, play, type Transcript } from './play.ts'
import type { Script, Step } from './script.ts'
import type { Servers } from './servers.ts'

/** A difference with the step it was found in. */
export interface Found extends Difference {
  readonly step: string
  /** The request, as the script has it. */
  readonly request: string
}

/** How one script came out. It passes with neither failures nor accepted differences. */
export interface Outcome {
  readonly script: Script
  /** What makes the run fail: differences nobody listed, and expectations that did not hold. */
  readonly unlisted: readonly Found[]
  readonly failures: readonly string[]
  readonly accepted: readonly Accepted[]
}

/** Scripts played at once. */
const concurrency = 6

/** Every script's outcome, in their order. Throws when the fixtures cannot be created. */
export async function runScripts(
  servers: Pick<Servers, 'real' | 'hub'>,
  scripts: readonly Script[],
  fixtures: readonly Record<string, unknown>[],
  accepted: readonly Accepted[],
): Promise<readonly Outcome[]> {
  using real = createClient(servers.real)
  using hub = createClient(servers.hub)
  await Promise.all([createDefinitions(real, fixtures), createDefinitions(hub, fixtures)])
  const run = randomBytes(2).toString('hex')
  const outcomes = new Map<Script, Outcome>()
  const waiting = scripts.entries()
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (const [index, script] of waiting) {
        const listed = accepted.filter((each) => each.script === script.id)
        outcomes.set(script, await runScript({ real, hub }, script, `t${run}x${index}`, listed))
      }
    }),
  )
  return scripts.flatMap((script) => outcomes.get(script) ?? [])
}

async function runScript(
  { real, hub }: { real: Client; hub: Client },
  script: Script,
  id: string,
  listed: readonly Accepted[],
): Promise<Outcome> {
  const sides = await Promise.allSettled([play(real, script, id), play(hub, script, id)])
  const broken = sides.flatMap((side) =>
    side.status === 'rejected' ? [side.reason instanceof Error ? side.reason.message : String(side.reason)] : [],
  )
  const [onReal, onHub] = sides.map((side) => (side.status === 'fulfilled' ? side.value : undefined))
  if (!onReal || !onHub) return { script, unlisted: [], failures: broken, accepted: [] }
  return judge(script, onReal, onHub, listed)
}

function judge(script: Script, onReal: Transcript, onHub: Transcript, listed: readonly Accepted[]): Outcome {
  const now = Date.now()
  const [real, hub] = [onReal, onHub].map((side) => normalised(side, script.source, now))
  const found = script.steps.flatMap((step, index) => differencesIn(step, real?.[index], hub?.[index]))
  const used = listed.filter((each) => found.some((difference) => isAbout(each, difference)))
  const stale = listed.filter((each) => !used.includes(each))
  return {
    script,
    unlisted: found.filter((difference) => !listed.some((each) => isAbout(each, difference))),
    failures: [
      ...script.steps.flatMap((step, index) => expectations(step, onReal.answers[index])),
      ...stale.map(({ step, path }) => `differences.yaml lists step ${step}, ${path}: it no longer differs, remove it`),
    ],
    accepted: used,
  }
}

const isAbout = (accepted: Accepted, found: Found) => accepted.step === found.step && covers(accepted.path, found.path)

function differencesIn(step: Step, real: Answer | undefined, hub: Answer | undefined): Found[] {
  if (!real || !hub) return []
  const ignored = 'ignore' in step ? (step.ignore ?? []) : []
  const request = 'request' in step ? step.request : `read ${step.read}`
  return differencesOf(...sides(step, real, hub))
    .filter(({ path }) => !ignored.some((each) => covers(each.path, path)))
    .map((difference) => ({ ...difference, step: real.step, request }))
}

/** Where already the codes differ the bodies have nothing to do with each other, but for what they say. */
function sides(step: Step, real: Answer, hub: Answer): [unknown, unknown] {
  if (real.code === hub.code) return [compared(step, real), compared(step, hub)]
  const [first, second] = [real, hub].map(({ code, body, unmet }) => ({
    code,
    body: valueAt(body, 'message') ?? body,
    unmet,
  }))
  return [first, second]
}

function compared(step: Step, { code, headers, layout, body, unmet }: Answer): unknown {
  const pick = 'pick' in step ? step.pick : undefined
  const whole = 'anyOrder' in step && step.anyOrder ? withSortedCauses(body) : body
  const shown = pick
    ? Object.fromEntries(Object.entries(pick).map(([name, path]) => [name, valueAt(whole, path)]))
    : whole
  return { code, headers, layout, body: shown, unmet }
}

/** What the script says of the real server; a script that misunderstands it proves nothing. */
function expectations(step: Step, real: Answer | undefined): string[] {
  if (!real) return []
  const wanted = 'code' in step ? step.code : undefined
  return [
    ...(wanted !== undefined && wanted !== real.code
      ? [
          `step ${real.step}: the script says ${wanted}, the real server says ${real.code}: ${JSON.stringify(real.body)}`,
        ]
      : []),
    ...(real.unmet === undefined ? [] : [`step ${real.step}: the real server ${real.unmet}`]),
  ]
}
