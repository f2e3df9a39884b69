// A custom kind that uses what schemas can say: defaults, formats, patterns, lists of every type, rules, columns, scale.

const spec = {
  type: 'object',
  required: ['size'],
  properties: {
    size: { type: 'integer', minimum: 0, maximum: 1_000, default: 1 },
    ratio: { type: 'number', multipleOf: 0.5 },
    color: { type: 'string', enum: ['red', 'green', 'blue'], default: 'red' },
    title: { type: 'string', minLength: 1, maxLength: 64, pattern: '^([a-z]+)*$' },
    when: { type: 'string', format: 'date-time' },
    at: { type: 'string', format: 'duration' },
    code: { type: 'string', format: 'byte' },
    port: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
    maybe: { type: 'string', nullable: true },
    tags: { type: 'array', items: { type: 'string', maxLength: 30 }, 'x-kubernetes-list-type': 'set', maxItems: 20 },
    parts: {
      type: 'array',
      maxItems: 20,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name'],
        properties: {
          name: { type: 'string', maxLength: 30 },
          count: { type: 'integer', default: 2 },
          inner: { type: 'object', additionalProperties: { type: 'string' } },
        },
      },
    },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    template: {
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      'x-kubernetes-preserve-unknown-fields': true,
    },
  },
  'x-kubernetes-validations': [
    { rule: 'self.size <= 900', message: 'size is over 900' },
    {
      rule: '!has(self.tags) || self.tags.all(tag, tag != "no")',
      messageExpression: '"there is a tag no beside " + self.color',
    },
    { rule: '!has(self.title) || self.title.matches("^[a-z ]*$")' },
    { rule: 'self.size >= oldSelf.size || self.size == 0', message: 'size only grows' },
  ],
}

export const gizmoCrd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gizmos.fuzz.example.com' },
  spec: {
    group: 'fuzz.example.com',
    scope: 'Namespaced',
    names: { plural: 'gizmos', singular: 'gizmo', kind: 'Gizmo', shortNames: ['gz'], categories: ['all'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec,
              status: {
                type: 'object',
                properties: { replicas: { type: 'integer' }, selector: { type: 'string' } },
              },
            },
          },
        },
        subresources: {
          status: {},
          scale: {
            specReplicasPath: '.spec.size',
            statusReplicasPath: '.status.replicas',
            labelSelectorPath: '.status.selector',
          },
        },
        additionalPrinterColumns: [
          { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
          { name: 'Parts', type: 'string', jsonPath: '.spec.parts[?(@.count>1)].name' },
          { name: 'When', type: 'date', jsonPath: '.spec.when' },
        ],
        selectableFields: [{ jsonPath: '.spec.color' }],
      },
      {
        name: 'v2beta1',
        served: true,
        storage: false,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
}
