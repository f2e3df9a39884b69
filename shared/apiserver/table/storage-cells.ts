// What kubectl prints of volumes, claims and what provides them.
import type { JsonObject } from '../../api/json.ts'
import {
  accessModes,
  age,
  at,
  boolean,
  type CellWriter,
  isDefault,
  items,
  name,
  or,
  text,
  texts,
  unset,
} from './cells.ts'

const terminating = (object: JsonObject, phase: string) =>
  at(object, 'metadata', 'deletionTimestamp') === undefined ? phase : 'Terminating'

const betaClass = 'volume.beta.kubernetes.io/storage-class'
const storageClass = (object: JsonObject) =>
  text(object, 'metadata', 'annotations', betaClass) || text(object, 'spec', 'storageClassName')

export const claimCells: CellWriter = (object, now) => {
  const volume = text(object, 'spec', 'volumeName')
  return [
    name(object),
    terminating(object, text(object, 'status', 'phase')),
    volume,
    volume === '' ? '' : text(object, 'status', 'capacity', 'storage'),
    volume === '' ? '' : accessModes(texts(object, 'status', 'accessModes')),
    storageClass(object),
    or(text(object, 'spec', 'volumeAttributesClassName'), unset),
    age(object, now),
    or(text(object, 'spec', 'volumeMode'), unset),
  ]
}

export const volumeCells: CellWriter = (object, now) => {
  const claim = at(object, 'spec', 'claimRef')
  return [
    name(object),
    text(object, 'spec', 'capacity', 'storage'),
    accessModes(texts(object, 'spec', 'accessModes')),
    text(object, 'spec', 'persistentVolumeReclaimPolicy'),
    terminating(object, text(object, 'status', 'phase')),
    claim === undefined ? '' : `${text(claim, 'namespace')}/${text(claim, 'name')}`,
    storageClass(object),
    or(text(object, 'spec', 'volumeAttributesClassName'), unset),
    text(object, 'status', 'reason'),
    age(object, now),
    or(text(object, 'spec', 'volumeMode'), unset),
  ]
}

export const storageClassCells: CellWriter = (object, now) => [
  `${name(object)}${isDefault(object, 'storageclass.kubernetes.io/is-default-class')}`,
  text(object, 'provisioner'),
  or(text(object, 'reclaimPolicy'), 'Delete'),
  or(text(object, 'volumeBindingMode'), 'Immediate'),
  boolean(object, 'allowVolumeExpansion'),
  age(object, now),
]

export const csiDriverCells: CellWriter = (object, now) => {
  const requests = at(object, 'spec', 'tokenRequests')
  return [
    name(object),
    at(object, 'spec', 'attachRequired') !== false,
    boolean(object, 'spec', 'podInfoOnMount'),
    boolean(object, 'spec', 'storageCapacity'),
    requests === undefined
      ? unset
      : items(requests)
          .map((request) => text(request, 'audience'))
          .join(','),
    boolean(object, 'spec', 'requiresRepublish'),
    or(texts(object, 'spec', 'volumeLifecycleModes').join(',')),
    age(object, now),
  ]
}
