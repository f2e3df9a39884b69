// Configuration: environment in, typed and frozen settings out. Nothing else in `shared` or `functions` reads the environment.
import { z } from 'zod'
import { InvalidInputError } from '../errors.ts'

const milliseconds = (defaultMs: number, min = 0, max = 86_400_000) =>
  z.coerce.number().int().min(min).max(max).default(defaultMs)

const flag = (byDefault: boolean) =>
  z
    .enum(['true', 'false'])
    .default(byDefault ? 'true' : 'false')
    .transform((text) => text === 'true')

const names = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  )

const Environment = z.object({
  /** Connection string, or `<name>__fullyQualifiedNamespace` for identity. */
  ServiceBusConnection: z.string().min(1).optional(),
  ServiceBusConnection__fullyQualifiedNamespace: z.string().min(1).optional(),
  TablesConnectionString: z.string().min(1).optional(),
  /** `https://<account>.table.core.windows.net`, for identity. */
  TablesEndpoint: z.url().optional(),
  /** `loopback` trusts every caller, or everyone with HUBLESS_ADMIN_TOKEN when that is set: for a host bound to 127.0.0.1. */
  HUBLESS_AUTH: z.enum(['loopback', 'oidc']).default('oidc'),
  HUBLESS_OIDC_ISSUER: z.url().optional(),
  /** One or several, with commas between. */
  HUBLESS_OIDC_AUDIENCE: z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .refine((list) => list.every((part) => part !== ''), 'must be audiences with commas between')
    .optional(),
  HUBLESS_OIDC_NAME_CLAIM: z.string().min(1).default('sub'),
  HUBLESS_OIDC_NAME_PREFIX: z.string().default(''),
  HUBLESS_OIDC_GROUPS_CLAIM: z.string().min(1).default('groups'),
  HUBLESS_OIDC_GROUPS_PREFIX: z.string().default(''),
  /** Members of this group are administrators of the hub. */
  HUBLESS_ADMIN_GROUP: z.string().min(1).optional(),
  /** A loopback hub asks its callers for this token. */
  HUBLESS_ADMIN_TOKEN: z.string().min(32).optional(),
  /** `iss` of the service account tokens the hub issues. */
  HUBLESS_ISSUER: z.url().optional(),
  /** Service account tokens signed with keys made before this time are void. */
  HUBLESS_TOKEN_KEYS_NOT_BEFORE: z.iso
    .datetime()
    .transform((text) => Date.parse(text))
    .optional(),
  /** Set by Azure: where the app is reached. */
  WEBSITE_HOSTNAME: z.string().min(1).optional(),
  WEBSITE_INSTANCE_ID: z.string().optional(),
  /** Shortest time between two resource snapshots of a placement. */
  HUBLESS_SNAPSHOT_MIN_INTERVAL_MS: milliseconds(0, 0, 300_000),
  /** How long changes of selected resources are collected before a new snapshot. */
  HUBLESS_SNAPSHOT_COLLECT_MS: milliseconds(0, 0, 60_000),
  /** Wake-ups of one placement within this time become one. */
  HUBLESS_COALESCE_MS: milliseconds(200, 10, 10_000),
  /** A cluster without a heartbeat for this long is given nothing new. */
  HUBLESS_HEARTBEAT_LOST_MS: milliseconds(300_000, 10_000, 3_600_000),
  /** A cluster in bad health for this long is given nothing new. */
  HUBLESS_UNHEALTHY_MS: milliseconds(300_000, 0, 3_600_000),
  /** A leaving cluster's agent is waited for this long. */
  HUBLESS_FORCE_DELETE_WAIT_MS: milliseconds(900_000, 30_000, 3_600_000),
  /** A ClusterProfile calls its cluster lost when its last heartbeat is older. */
  HUBLESS_PROFILE_STALE_MS: milliseconds(60_000, 30_000, 3_600_000),
  /** `true` lets namespaced placements go only where their namespace exists. */
  HUBLESS_NAMESPACE_COLLECTION: flag(false),
  /** `true` keeps ordinary users away from the fleet's own definitions, namespaces and clusters. */
  HUBLESS_GUARD_RAIL: flag(false),
  /** Users the guard rails trust besides administrators, separated by commas. */
  HUBLESS_TRUSTED_USERS: names,
  /** `true` lets only administrators relabel clusters that a managing service made. */
  HUBLESS_DENY_MEMBER_LABELS: flag(false),
  /** `false` refuses Pods and ReplicaSets outside reserved namespaces. */
  HUBLESS_WORKLOADS: flag(true),
  /** `false` refuses PodDisruptionBudgets outside reserved namespaces. */
  HUBLESS_DISRUPTION_BUDGETS: flag(true),
  /** `true` where KubeFleet's cross-cluster networking agents run on the members too. */
  HUBLESS_NETWORKING_AGENTS: flag(false),
  /** Who writes the policy snapshots of placements. With `clients` the hub only schedules. */
  HUBLESS_POLICY_SNAPSHOTS: z.enum(['hub', 'clients']).default('hub'),
  /** One call to a member may take this long. */
  HUBLESS_MEMBER_TIMEOUT_MS: milliseconds(10_000, 100, 60_000),
  /** A watch is ended after this time; the front end would cut it at 230 s. */
  HUBLESS_WATCH_MS: milliseconds(200_000, 1_000, 220_000),
  /** How long one look at what others change on members lasts. */
  HUBLESS_DRIFT_WATCH_MS: milliseconds(2_000, 1_000, 240_000),
  /** A step nobody asked for that would remove more than this share of a placement is held; 100 holds nothing. */
  HUBLESS_REMOVAL_GUARD_PERCENT: z.coerce.number().int().min(0).max(100).default(30),
  HUBLESS_LOG: z.enum(['info', 'warn', 'silent']).default('info'),
})

export type Auth =
  /** Without a token every caller is the administrator. */
  | { readonly kind: 'loopback'; readonly adminToken: string | undefined }
  | {
      readonly kind: 'oidc'
      readonly issuer: string
      readonly audience: readonly string[]
      readonly nameClaim: string
      readonly namePrefix: string
      readonly groupsClaim: string
      readonly groupsPrefix: string
      readonly adminGroup: string | undefined
    }

/** Where a service is and how the hub proves who it is. */
export type Endpoint =
  | { readonly kind: 'connectionString'; readonly value: string }
  | { readonly kind: 'identity'; readonly endpoint: string }

export interface Config {
  readonly tables: Endpoint
  readonly serviceBus: Endpoint
  readonly auth: Auth
  /** Whose service account tokens are, and since when keys count (epoch milliseconds). */
  readonly serviceAccounts: { readonly issuer: string; readonly keysNotBefore: number | undefined }
  readonly snapshotMinIntervalMs: number
  readonly snapshotCollectMs: number
  readonly coalesceMs: number
  readonly policySnapshots: 'hub' | 'clients'
  /** When a cluster counts as lost, and how long its leaving is waited for. Milliseconds. */
  readonly membership: {
    readonly heartbeatMs: number
    readonly unhealthyMs: number
    readonly forceDeleteWaitMs: number
    readonly profileStaleMs: number
    readonly namespaceCollection: boolean
  }
  readonly networkingAgents: boolean
  /** What is refused at the door besides what roles say. */
  readonly door: {
    readonly guardRail:
      | { readonly whitelistedUsers: readonly string[]; readonly denyMemberClusterLabels: boolean }
      | undefined
    readonly workloads: boolean
    readonly disruptionBudgets: boolean
  }
  readonly memberTimeoutMs: number
  readonly watchMs: number
  readonly driftWatchMs: number
  readonly removalGuardPercent: number
  readonly log: 'info' | 'warn' | 'silent'
}

/** Throws InvalidInputError naming every setting that is missing or wrong. */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const parsed = Environment.safeParse(env)
  if (!parsed.success)
    throw new InvalidInputError(
      `settings: ${parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`,
    )
  const settings = parsed.data
  return Object.freeze({
    tables: endpoint(
      'TablesConnectionString or TablesEndpoint',
      settings.TablesConnectionString,
      settings.TablesEndpoint,
    ),
    serviceBus: endpoint(
      'ServiceBusConnection or ServiceBusConnection__fullyQualifiedNamespace',
      settings.ServiceBusConnection,
      settings.ServiceBusConnection__fullyQualifiedNamespace,
    ),
    auth: authOf(settings),
    serviceAccounts: { issuer: issuerOf(settings), keysNotBefore: settings.HUBLESS_TOKEN_KEYS_NOT_BEFORE },
    snapshotMinIntervalMs: settings.HUBLESS_SNAPSHOT_MIN_INTERVAL_MS,
    snapshotCollectMs: settings.HUBLESS_SNAPSHOT_COLLECT_MS,
    coalesceMs: settings.HUBLESS_COALESCE_MS,
    policySnapshots: settings.HUBLESS_POLICY_SNAPSHOTS,
    membership: {
      heartbeatMs: settings.HUBLESS_HEARTBEAT_LOST_MS,
      unhealthyMs: settings.HUBLESS_UNHEALTHY_MS,
      forceDeleteWaitMs: settings.HUBLESS_FORCE_DELETE_WAIT_MS,
      profileStaleMs: settings.HUBLESS_PROFILE_STALE_MS,
      namespaceCollection: settings.HUBLESS_NAMESPACE_COLLECTION,
    },
    networkingAgents: settings.HUBLESS_NETWORKING_AGENTS,
    door: {
      guardRail: settings.HUBLESS_GUARD_RAIL
        ? {
            whitelistedUsers: settings.HUBLESS_TRUSTED_USERS,
            denyMemberClusterLabels: settings.HUBLESS_DENY_MEMBER_LABELS,
          }
        : undefined,
      workloads: settings.HUBLESS_WORKLOADS,
      disruptionBudgets: settings.HUBLESS_DISRUPTION_BUDGETS,
    },
    memberTimeoutMs: settings.HUBLESS_MEMBER_TIMEOUT_MS,
    watchMs: settings.HUBLESS_WATCH_MS,
    driftWatchMs: settings.HUBLESS_DRIFT_WATCH_MS,
    removalGuardPercent: settings.HUBLESS_REMOVAL_GUARD_PERCENT,
    log: settings.HUBLESS_LOG,
  })
}

function endpoint(names: string, connectionString: string | undefined, identity: string | undefined): Endpoint {
  if (connectionString !== undefined) return { kind: 'connectionString', value: connectionString }
  if (identity !== undefined) return { kind: 'identity', endpoint: identity }
  throw new InvalidInputError(`settings: ${names} must be set`)
}

function authOf(settings: z.infer<typeof Environment>): Auth {
  if (settings.HUBLESS_AUTH === 'loopback') {
    if (settings.WEBSITE_INSTANCE_ID !== undefined)
      throw new InvalidInputError(
        'settings: HUBLESS_AUTH=loopback is not allowed in Azure, where anybody may call; use oidc',
      )
    return { kind: 'loopback', adminToken: settings.HUBLESS_ADMIN_TOKEN }
  }
  const { HUBLESS_OIDC_ISSUER: issuer, HUBLESS_OIDC_AUDIENCE: audience } = settings
  if (issuer === undefined || audience === undefined)
    throw new InvalidInputError(
      'settings: HUBLESS_OIDC_ISSUER and HUBLESS_OIDC_AUDIENCE must be set, or HUBLESS_AUTH=loopback for a hub that only this machine can reach',
    )
  return {
    kind: 'oidc',
    issuer,
    audience,
    nameClaim: settings.HUBLESS_OIDC_NAME_CLAIM,
    namePrefix: settings.HUBLESS_OIDC_NAME_PREFIX,
    groupsClaim: settings.HUBLESS_OIDC_GROUPS_CLAIM,
    groupsPrefix: settings.HUBLESS_OIDC_GROUPS_PREFIX,
    adminGroup: settings.HUBLESS_ADMIN_GROUP,
  }
}

/** The name Kubernetes gives a cluster nobody outside reaches, unless the app has an address. */
function issuerOf({ HUBLESS_ISSUER: issuer, WEBSITE_HOSTNAME: host }: z.infer<typeof Environment>): string {
  if (issuer !== undefined) return issuer
  return host === undefined ? 'https://kubernetes.default.svc' : `https://${host}`
}
