// The keys the hub signs service account tokens with. They rest beside the objects under a type no kind is served for, so
// no request can ever read one. A key signs for ninety days; then the next is made, the old one loses its private half and
// stays to check what it has signed until the last of it has expired.
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, type JWTVerifyGetKey } from 'jose'
import { z } from 'zod'
import type { KubeObject, ResourceType } from '../../../api/kube-object.ts'
import { ConflictError, InvariantError } from '../../../errors.ts'
import type { Clock, Ids } from '../../../ports/clock.ts'
import type { ObjectStore } from '../../../ports/object-store.ts'
import { timestamp } from '../../resource/metadata.ts'

/** What federated identity of every cloud takes. */
export const tokenAlgorithm = 'RS256'

const keyType: ResourceType = { group: 'hubless.internal', resource: 'tokenkeys' }
const signsForMs = 90 * 24 * 3_600_000
/** How long a look at the stored keys counts. */
const recheckMs = 60_000
/** A key id nobody knows may be that of a key just made elsewhere; somebody may also be making ids up. */
const unknownRecheckMs = 2_000

const Jwk = z.looseObject({ kty: z.string() })
const StoredKey = z.looseObject({
  metadata: z.looseObject({ name: z.string(), resourceVersion: z.string() }),
  /** Epoch milliseconds. */
  madeAt: z.number(),
  /** The last token it has signed is void from here on; epoch milliseconds. */
  neededUntil: z.number(),
  publicKey: Jwk,
  privateKey: Jwk.optional(),
})
type StoredKey = z.infer<typeof StoredKey>

export interface SigningKeys {
  /** The key to sign with a token that ends at `expiresAt` (epoch milliseconds). */
  signer(expiresAt: number): Promise<{ readonly kid: string; readonly key: Awaited<ReturnType<typeof importJWK>> }>
  /** Finds the public key of a token. Throws jose's errors; TransientError when the store is away. */
  readonly verifier: JWTVerifyGetKey
  /** Every public key that may still be needed. */
  publicKeys(): Promise<readonly JWK[]>
}

export interface SigningKeysOptions {
  readonly store: ObjectStore
  readonly clock: Pick<Clock, 'now'>
  readonly ids: Ids
  /** Keys made before are void, and every token they signed; epoch milliseconds. For when one has leaked. */
  readonly notBefore?: number | undefined
}

/** Reads and makes nothing before the first call. */
export function createSigningKeys({ store, clock, ids, notBefore = 0 }: SigningKeysOptions): SigningKeys {
  let keys: readonly StoredKey[] = []
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | undefined
  let making: Promise<void> | undefined
  /** Reading a key takes longer than using it. */
  const imported = new WeakMap<object, ReturnType<typeof importJWK>>()
  const importedKey = (jwk: JWK): ReturnType<typeof importJWK> => {
    const key = imported.get(jwk) ?? importJWK(jwk, tokenAlgorithm)
    imported.set(jwk, key)
    return key
  }

  const known = async (maxAgeMs: number): Promise<readonly StoredKey[]> => {
    if (clock.now() - readAt >= maxAgeMs) {
      reading ??= read().finally(() => {
        reading = undefined
      })
      await reading
    }
    return keys.filter((key) => key.neededUntil > clock.now())
  }

  async function read(): Promise<void> {
    const startedAt = clock.now()
    const { items } = await store.list(keyType)
    keys = items
      .map(({ object }) => StoredKey.parse(object))
      .filter(({ madeAt }) => madeAt >= notBefore)
      .sort((a, b) => b.madeAt - a.madeAt)
    readAt = startedAt
  }

  const current = async (): Promise<StoredKey | undefined> =>
    (await known(recheckMs)).find(({ privateKey, madeAt }) => privateKey && madeAt > clock.now() - signsForMs)

  async function make(): Promise<void> {
    const pair = await generateKeyPair(tokenAlgorithm, { extractable: true })
    const [publicKey, privateKey] = await Promise.all([exportJWK(pair.publicKey), exportJWK(pair.privateKey)])
    const kid = await calculateJwkThumbprint(publicKey)
    const madeAt = clock.now()
    const object: KubeObject = {
      apiVersion: `${keyType.group}/v1`,
      kind: 'TokenKey',
      metadata: { name: kid, uid: ids.uuid(), creationTimestamp: timestamp(madeAt) },
      madeAt,
      neededUntil: madeAt + signsForMs,
      publicKey,
      privateKey,
    }
    await store.write(keyType, { key: { name: kid }, expect: 'absent', object })
    await read()
    await Promise.all(keys.filter((key) => key.metadata.name !== kid).map(retire))
  }

  /** A key that signs no more keeps its public half; one that nothing needs goes whole. */
  async function retire(key: StoredKey): Promise<void> {
    const { privateKey, ...rest } = key
    if (!privateKey && key.neededUntil > clock.now()) return
    await change(key, key.neededUntil > clock.now() ? rest : undefined)
  }

  async function change(key: StoredKey, next: object | undefined): Promise<void> {
    const expect = Number(key.metadata.resourceVersion)
    try {
      await store.write(keyType, {
        key: { name: key.metadata.name },
        expect,
        object: next && (next as unknown as KubeObject),
      })
    } catch (error) {
      // Another instance was quicker, and did the same or more.
      if (!(error instanceof ConflictError)) throw error
    }
  }

  return {
    signer: async (expiresAt) => {
      if (!(await current())) {
        making ??= make().finally(() => {
          making = undefined
        })
        await making
      }
      const key = await current()
      if (!key?.privateKey) throw new InvariantError('a signing key was made and is not there')
      if (key.neededUntil < expiresAt) {
        await change(key, { ...key, neededUntil: expiresAt })
        await read()
      }
      return { kid: key.metadata.name, key: await importedKey(key.privateKey) }
    },
    verifier: async ({ kid }) => {
      const find = (list: readonly StoredKey[]) => list.find(({ metadata }) => metadata.name === kid)
      const found = find(await known(recheckMs)) ?? find(await known(unknownRecheckMs))
      if (!found) throw new UnknownKey()
      return await importedKey(found.publicKey)
    },
    publicKeys: async () =>
      (await known(recheckMs)).map(({ publicKey, metadata }) => ({
        use: 'sig',
        ...publicKey,
        kid: metadata.name,
        alg: tokenAlgorithm,
      })),
  }
}

/** No key of the hub has this id. */
export class UnknownKey extends Error {
  override readonly name = 'UnknownKey'
}
