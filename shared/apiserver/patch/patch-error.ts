// Patches other than apply: JSON patch, merge patch and strategic merge patch, as functions from an object and a patch
// to a new object. The PATCH handler calls them; none changes its arguments, and all are bounded in size and depth.
import { InvalidInputError } from '../../errors.ts'

/** A patch that cannot be applied, with the HTTP code and Status reason Kubernetes answers it with. */
export class PatchError extends InvalidInputError {
  readonly code: 400 | 413 | 422 | 500
  readonly reason: 'BadRequest' | 'RequestEntityTooLarge' | 'Invalid' | 'InternalError'
  constructor(code: 400 | 413 | 422 | 500, message: string) {
    super(message)
    this.code = code
    this.reason = reasons[code]
  }
}

const reasons = { 400: 'BadRequest', 413: 'RequestEntityTooLarge', 422: 'Invalid', 500: 'InternalError' } as const
