/** Things of a project that are made, listed and managed apart from each other: each has a `_creator`, an `_inventory` and a `_manager` role. */
const managedNouns = [
  'room',
  'agent',
  'repository',
  'feed',
  'feed_subscription',
  'oauth_client',
  'api_key',
  'service',
  'service_account',
  'mailbox',
  'route',
  'scheduled_task',
  'llm_logger',
] as const;

type ManagedNoun = (typeof managedNouns)[number];
type ManagedRole = `${ManagedNoun}_${'creator' | 'inventory' | 'manager'}`;

const plainRoles = [
  'member',
  'developer',
  'admin',
  'session_inventory',
  'participant_token_creator',
  'llm_proxy_user',
  'llm_quota_manager',
  'usage_reporter',
  'billing_manager',
  'group_manager',
] as const;

/** Roles that can be given to somebody. */
export type AssignableRole = (typeof plainRoles)[number] | ManagedRole;

/** `owner` comes with having made the project and is never given. */
export type ProjectRole = AssignableRole | 'owner';

const rolesOf = (noun: ManagedNoun): ManagedRole[] => [`${noun}_creator`, `${noun}_inventory`, `${noun}_manager`];

export const assignableRoles: readonly AssignableRole[] = [...plainRoles, ...managedNouns.flatMap(rolesOf)];

const isRole = (name: string): name is ProjectRole => name === 'owner' || (assignableRoles as readonly string[]).includes(name);

/** What a role brings along, one step deep. Whoever has any role is a member. */
export const inheritedRoles: Readonly<Partial<Record<ProjectRole, readonly ProjectRole[]>>> = {
  owner: ['admin'],
  admin: assignableRoles.filter((role) => role !== 'admin'),
  developer: [
    'room_manager',
    'agent_manager',
    'repository_manager',
    'feed_manager',
    'session_inventory',
    'feed_subscription_inventory',
    'service_inventory',
    'mailbox_inventory',
    'route_inventory',
    'scheduled_task_inventory',
    'llm_logger_inventory',
    'service_account_creator',
    'service_account_inventory',
    'participant_token_creator',
    'usage_reporter',
    'llm_proxy_user',
  ],
  billing_manager: ['usage_reporter'],
  llm_quota_manager: ['usage_reporter'],
  ...Object.fromEntries(managedNouns.map((noun) => [`${noun}_manager`, [`${noun}_creator`, `${noun}_inventory`]])),
};

/** Everything somebody with these roles is; names that are no roles bring nothing. */
export const expandRoles = (direct: readonly string[]): ReadonlySet<ProjectRole> => {
  const expanded = new Set<ProjectRole>(['member']);
  const pending = direct.filter(isRole);
  for (let role = pending.pop(); role !== undefined; role = pending.pop()) {
    if (expanded.has(role) && role !== 'member') continue;
    expanded.add(role);
    pending.push(...(inheritedRoles[role] ?? []));
  }
  return expanded;
};

/** The vocabulary of older clients: each switch stands for these roles, and is on when somebody has the first of them. */
export const roleFlags = {
  is_admin: ['admin'],
  is_developer: ['developer'],
  can_create_rooms: ['room_creator', 'mailbox_creator', 'route_creator', 'scheduled_task_creator'],
  can_create_agents: ['agent_creator'],
  can_use_llm_proxy: ['llm_proxy_user'],
} as const satisfies Record<string, readonly AssignableRole[]>;

export type RoleFlag = keyof typeof roleFlags;
export type RoleFlags = Record<RoleFlag, boolean>;

const flagNames = Object.keys(roleFlags) as RoleFlag[];

/** @param roles expanded, for what somebody can do; as they were given, for what somebody was given */
export const flagsOf = (roles: Iterable<string>): RoleFlags => {
  const held = new Set(roles);
  return Object.fromEntries(flagNames.map((flag) => [flag, held.has(roleFlags[flag][0])])) as RoleFlags;
};

/** Sets the switches that were sent. Roles of other switches, and roles that no switch stands for, stay as they are. */
export const withFlags = (direct: readonly string[], flags: Partial<Record<RoleFlag, boolean | undefined>>): string[] => {
  const sent = flagNames.filter((flag) => flags[flag] !== undefined);
  const decided = new Set<string>(sent.flatMap((flag) => roleFlags[flag]));
  const on = sent.filter((flag) => flags[flag]).flatMap((flag): readonly string[] => roleFlags[flag]);
  return [...new Set([...direct.filter((role) => !decided.has(role)), ...on])];
};
