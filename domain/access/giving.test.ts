import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AccessObject,
  type Binding,
  can,
  isOwnership,
  lacking,
  levelsOf,
  objectOf,
  type Permission,
  type Principal,
  permissionSet,
  permissionsOf,
  ROLES,
  type RoleName,
  type Scope,
} from "./index.ts";

const PLATFORM: Scope = { level: "platform" };
const ACME: Scope = { level: "tenant", tenantId: "ten_1" };
const SHOP: Scope = { level: "project", tenantId: "ten_1", projectId: "prj_1" };
const STAGING: Scope = { ...SHOP, level: "environment", environmentId: "env_1" };
const CLUSTER: Scope = { level: "cluster", clusterId: "cls_1" };
const RIVAL: Scope = { level: "tenant", tenantId: "ten_2" };
const SCOPES = [PLATFORM, ACME, SHOP, STAGING, CLUSTER, RIVAL];
/** Whose cluster it is. */
const OWNER = "ten_1";
const ownerOf = ({ level }: Scope) => (level === "cluster" ? OWNER : null);

const binding = (
  permissions: ReadonlySet<Permission>,
  scope: Scope,
  expiresAt: number | null = null,
): Binding => ({
  id: "bnd_1",
  role: "any",
  permissions,
  scope,
  subject: "user/usr_1",
  lastUsedAt: null,
  expiresAt,
});
const user = (...bindings: Binding[]): Principal => ({ kind: "user", id: "usr_1", bindings });
const given = (role: RoleName, scope: Scope, expiresAt: number | null = null) =>
  binding(permissionsOf(role, []), scope, expiresAt);
const gift = (role: RoleName, scope: Scope, expiresAt: number | null = null) => ({
  permissions: permissionsOf(role, []),
  scope,
  owner: ownerOf(scope),
  expiresAt,
});

describe("what may be given", () => {
  it.each<[string, Principal, ReturnType<typeof gift>, boolean]>([
    ["an owner makes owners", user(given("tenant-owner", ACME)), gift("tenant-owner", ACME), true],
    ["an admin makes no owners", user(given("tenant-admin", ACME)), gift("tenant-owner", ACME), false],
    ["an owner makes auditors", user(given("tenant-owner", ACME)), gift("auditor", ACME), true],
    ["an owner makes none elsewhere", user(given("tenant-owner", ACME)), gift("viewer", RIVAL), false],
    [
      "an owner decides on his cluster",
      user(given("tenant-owner", ACME)),
      gift("platform-ops", CLUSTER),
      true,
    ],
    ["a project's admin, in it", user(given("project-admin", SHOP)), gift("viewer", STAGING), true],
    ["a project's admin, above it", user(given("project-admin", SHOP)), gift("viewer", ACME), false],
    ["being on the way is not holding", user(given("developer", STAGING)), gift("viewer", SHOP), false],
    ["for as long as he has it", user(given("tenant-owner", ACME, 9)), gift("viewer", ACME, 9), true],
    ["not longer", user(given("tenant-owner", ACME, 9)), gift("viewer", ACME, 10), false],
    ["not for good", user(given("tenant-owner", ACME, 9)), gift("viewer", ACME), false],
    [
      "the platform's key",
      { kind: "platform-admin", id: "platform-admin" },
      gift("platform-admin", PLATFORM),
      true,
    ],
    ["nobody", { kind: "anonymous", id: "anonymous" }, gift("billing", ACME), false],
  ])("%s", (_name, principal, what, allowed) => {
    expect(lacking(principal, what).length === 0).toBe(allowed);
  });

  it("is held to the key that is used", () => {
    const key = (limits: object): Principal => ({
      kind: "service-account",
      id: "sva_1",
      keyId: "key_1",
      bindings: [given("tenant-owner", ACME)],
      limits,
    });
    expect(lacking(key({}), gift("viewer", ACME))).toEqual([]);
    expect(lacking(key({ permissions: permissionSet(["app:get"]) }), gift("viewer", ACME))).toContain(
      "app:list",
    );
    expect(lacking(key({ tenantId: "ten_2" }), gift("billing", ACME))).not.toEqual([]);
  });

  it("a fixed role only at its levels, a tenant's never at the platform", () => {
    expect(levelsOf("tenant-owner")).toEqual(["tenant"]);
    expect(levelsOf("rol_1", "ten_1")).not.toContain("platform");
    expect(levelsOf("rol_1")).toContain("platform");
  });

  it("counts as the last owner only who is a person, for good", () => {
    const owner = { role: "tenant-owner", level: "tenant" as const, subject: "user/usr_1", expiresAt: null };
    expect(isOwnership(owner)).toBe(true);
    for (const other of [{ role: "tenant-admin" }, { subject: "team/tem_1" }, { expiresAt: 1 }]) {
      expect(isOwnership({ ...owner, ...other })).toBe(false);
    }
  });
});

/** Who there is in the model: three people and two machines, a team, and two custom roles. */
interface World {
  /** By subject; a binding of a custom role names it. */
  bindings: { subject: string; role: string; scope: Scope; expiresAt: number | null }[];
  roles: Record<string, Permission[]>;
  team: Set<string>;
  /** Keys of the machines: who has them may do what the machine may. */
  keys: { holder: string; machine: string }[];
}

const PEOPLE = ["user/a", "user/b", "user/c"];
const MACHINES = ["service-account/x", "service-account/y"];
const CUSTOM = ["rol_1", "rol_2"];
const EVERYBODY = [...PEOPLE, ...MACHINES];

const permissionsIn = (world: World, role: string) => permissionsOf(role, world.roles[role] ?? []);
const bindingsIn = (world: World, subjects: string[]): Binding[] =>
  world.bindings
    .filter(({ subject }) => subjects.includes(subject))
    .map(({ role, scope, expiresAt }) => binding(permissionsIn(world, role), scope, expiresAt));
/** Somebody with what he, his team, and the machines whose keys he has, may do. */
function principalIn(world: World, subject: string): Principal {
  const ids = [
    subject,
    ...world.keys.filter(({ holder }) => holder === subject).map(({ machine }) => machine),
  ];
  return user(
    ...bindingsIn(
      world,
      ids.flatMap((id) => (world.team.has(id) ? [id, "team/t"] : [id])),
    ),
  );
}

const anyone = fc.constantFrom(...EVERYBODY);
const scope = fc.constantFrom(...SCOPES);
const expiresAt = fc.constantFrom(null, 10, 20);
const role = fc.constantFrom(...(Object.keys(ROLES) as RoleName[]), ...CUSTOM);
const some = fc.subarray([...ROLES["platform-admin"].permissions], { maxLength: 6 });
const step = fc.oneof(
  fc.record({
    op: fc.constant("give" as const),
    by: anyone,
    to: fc.constantFrom(...EVERYBODY, "team/t"),
    role,
    scope,
    expiresAt,
  }),
  fc.record({
    op: fc.constant("role" as const),
    by: anyone,
    id: fc.constantFrom(...CUSTOM),
    permissions: some,
  }),
  fc.record({ op: fc.constant("join" as const), by: anyone, who: anyone }),
  fc.record({ op: fc.constant("key" as const), by: anyone, machine: fc.constantFrom(...MACHINES) }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** All that a set of bindings would give, as something that must be held for it. */
const allows = (by: Principal, gifts: Binding[]): boolean =>
  gifts.every(
    ({ permissions, scope, expiresAt = null }) =>
      lacking(by, { permissions, scope, owner: ownerOf(scope), expiresAt }).length === 0,
  );

/** One change as the API does it: not at all where its maker lacks something of it. */
function apply(world: World, step: Step): World {
  const by = principalIn(world, step.by);
  switch (step.op) {
    case "give": {
      const gift = binding(permissionsIn(world, step.role), step.scope, step.expiresAt);
      if (!allows(by, [gift])) return world;
      const { to: subject, role, scope, expiresAt } = step;
      return { ...world, bindings: [...world.bindings, { subject, role, scope, expiresAt }] };
    }
    case "role": {
      // A custom role of the platform: its changer must hold it there.
      const after = permissionSet([...(world.roles[step.id] ?? []), ...step.permissions]);
      if (!allows(by, [binding(after, PLATFORM)])) return world;
      return { ...world, roles: { ...world.roles, [step.id]: step.permissions } };
    }
    case "join":
      if (!allows(by, bindingsIn(world, ["team/t"]))) return world;
      return { ...world, team: new Set([...world.team, step.who]) };
    case "key": {
      const { machine } = step;
      const held = bindingsIn(world, world.team.has(machine) ? [machine, "team/t"] : [machine]);
      return allows(by, held) ? { ...world, keys: [...world.keys, { holder: step.by, machine }] } : world;
    }
  }
}

const OBJECTS: AccessObject[] = SCOPES.map((each) => objectOf(each, OWNER));
const LATER = [5, 15, 25];
/** All that anybody may do anywhere, at three times. */
function heldIn(world: World): Set<string> {
  const held = new Set<string>();
  for (const at of LATER) {
    const then = { ...world, bindings: world.bindings.filter(({ expiresAt }) => (expiresAt ?? 99) > at) };
    const everybody = EVERYBODY.map((subject) => principalIn(then, subject));
    for (const [i, object] of OBJECTS.entries()) {
      for (const permission of ROLES["platform-admin"].permissions) {
        if (everybody.some((who) => can(who, permission, object))) held.add(`${at} ${permission} ${i}`);
      }
    }
  }
  return held;
}

describe("no sequence of changes", () => {
  it("brings a right into the world that nobody had, or lets one last longer", () => {
    const start = fc.array(fc.record({ subject: anyone, role, scope, expiresAt }), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(start, fc.array(step, { maxLength: 12 }), (bindings, steps) => {
        const world: World = {
          bindings,
          roles: { rol_1: ["app:get", "release:deploy"], rol_2: ["tenant:delete"] },
          team: new Set(),
          keys: [],
        };
        const before = heldIn(world);
        const after = heldIn(steps.reduce(apply, world));
        expect([...after].filter((each) => !before.has(each))).toEqual([]);
      }),
    );
  });
});
