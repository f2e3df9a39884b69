// Requests that cost their sender little and could cost the server much, by what they aim at.
import type { Bomb } from './bomb-parts.ts'
import { nesting } from './bombs-in-bodies.ts'
import { prototypes, sizes } from './bombs-in-objects.ts'
import { patches, selectors } from './bombs-in-requests.ts'
import { definitions, patterns, rules } from './bombs-in-schemas.ts'

/** Every bomb by its name, in an order that the later ones rely on. */
export function bombs(): readonly (readonly [string, Bomb])[] {
  const groups = [patterns(), rules(), selectors(), patches(), nesting(), sizes(), definitions(), prototypes()]
  return groups.flatMap((group) => Object.entries(group))
}
