// Which of the forms a client accepts the answer takes. Protobuf and CBOR are never encoded: every client that prefers
// them also takes JSON.
import { StatusError } from './status-error.ts'

/** `as` is a meta.k8s.io/v1 rendering. */
export interface ResponseForm {
  readonly format: 'json' | 'yaml'
  readonly as: 'Table' | 'PartialObjectMetadata' | undefined
}

interface Alternative {
  readonly type: string
  readonly parameters: ReadonlyMap<string, string>
  readonly quality: number
}

const jsonTypes = new Set(['application/json', '*/*', 'application/*'])
const renderings = new Map<string, ResponseForm['as']>([
  ['Table', 'Table'],
  ['PartialObjectMetadata', 'PartialObjectMetadata'],
  ['PartialObjectMetadataList', 'PartialObjectMetadata'],
])
const maxAlternatives = 64

/** The media ranges of an Accept header, best first; absent means anything. */
export function acceptedTypes(accept: string | null): readonly Alternative[] {
  const parsed = (accept ?? '*/*').split(',').slice(0, maxAlternatives).map(alternative)
  return parsed.filter(({ type }) => type !== '').sort((a, b) => b.quality - a.quality)
}

/** Picks the first alternative the server can do. Throws a 406 StatusError when there is none. */
export function negotiate(accept: string | null): ResponseForm {
  for (const choice of acceptedTypes(accept)) {
    const form = formOf(choice)
    if (form) return form
  }
  const message = 'only the following media types are accepted: application/json, application/yaml'
  throw new StatusError(406, 'NotAcceptable', message)
}

function formOf({ type, parameters }: Alternative): ResponseForm | undefined {
  const as = parameters.get('as')
  if (as !== undefined) {
    const rendering = renderings.get(as)
    const known = parameters.get('g') === 'meta.k8s.io' && parameters.get('v') === 'v1'
    return rendering && known && jsonTypes.has(type) ? { format: 'json', as: rendering } : undefined
  }
  if (jsonTypes.has(type)) return { format: 'json', as: undefined }
  return type === 'application/yaml' ? { format: 'yaml', as: undefined } : undefined
}

function alternative(text: string): Alternative {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim())
  const parameters = new Map(
    rest.map((part) => {
      const equals = part.indexOf('=')
      return [part.slice(0, equals), part.slice(equals + 1)] as const
    }),
  )
  const quality = Number(parameters.get('q') ?? 1)
  return { type: type.toLowerCase(), parameters, quality: Number.isFinite(quality) ? quality : 0 }
}
