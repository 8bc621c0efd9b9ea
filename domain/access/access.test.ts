import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AccessObject,
  type Binding,
  can,
  decide,
  PERMISSIONS,
  type Permission,
  type Principal,
  permissionSet,
  permissionsOf,
  ROLES,
  type RoleName,
  type Scope,
  THE_WAY,
  visibleOf,
} from "./index.ts";

const TENANT: Scope = { level: "tenant", tenantId: "ten_1" };
const PROJECT: Scope = { level: "project", tenantId: "ten_1", projectId: "prj_1" };
const ENVIRONMENT: Scope = {
  level: "environment",
  tenantId: "ten_1",
  projectId: "prj_1",
  environmentId: "env_1",
};
const staging: AccessObject = { tenantId: "ten_1", projectId: "prj_1", environmentId: "env_1" };
const production: AccessObject = { ...staging, environmentId: "env_2" };
const shop: AccessObject = { tenantId: "ten_1", projectId: "prj_1" };
const blog: AccessObject = { tenantId: "ten_1", projectId: "prj_2" };
const acme: AccessObject = { tenantId: "ten_1" };
const other: AccessObject = { tenantId: "ten_2" };

let made = 0;
const given = (role: RoleName, scope: Scope): Binding => ({
  id: `bnd_${made++}`,
  role,
  permissions: permissionsOf(role, []),
  scope,
  subject: "user/usr_1",
  lastUsedAt: null,
});
const user = (...bindings: Binding[]): Principal => ({ kind: "user", id: "usr_1", bindings });

describe("can", () => {
  it.each<[string, Principal, Permission, AccessObject, boolean]>([
    ["nobody", user(), "tenant:get", acme, false],
    ["who is not signed in", { kind: "anonymous", id: "anonymous" }, "tenant:get", acme, false],
    ["the platform's key", { kind: "platform-admin", id: "platform-admin" }, "tenant:delete", acme, true],
    ["an owner in his tenant", user(given("tenant-owner", TENANT)), "tenant:delete", acme, true],
    ["an owner, far down", user(given("tenant-owner", TENANT)), "release:deploy", production, true],
    ["an owner elsewhere", user(given("tenant-owner", TENANT)), "tenant:get", other, false],
    ["an owner, at the platform", user(given("tenant-owner", TENANT)), "tenant:create", {}, false],
    ["a tenant's admin may not delete it", user(given("tenant-admin", TENANT)), "tenant:delete", acme, false],
    ["a developer of one project", user(given("developer", PROJECT)), "app:update", shop, true],
    ["a developer, next door", user(given("developer", PROJECT)), "app:get", blog, false],
    ["a developer, on the way", user(given("developer", PROJECT)), "tenant:get", acme, true],
    ["a developer of an environment", user(given("developer", ENVIRONMENT)), "release:deploy", staging, true],
    ["the same, in the next one", user(given("developer", ENVIRONMENT)), "release:deploy", production, false],
    ["the same, reading the app", user(given("developer", ENVIRONMENT)), "app:get", shop, true],
    ["the same, changing the app", user(given("developer", ENVIRONMENT)), "app:update", shop, false],
    ["the same may not see others' events", user(given("developer", ENVIRONMENT)), "event:list", shop, false],
    ["a viewer reads no logs", user(given("viewer", TENANT)), "release:proxy", staging, false],
    ["an ids' mix-up", user(given("developer", PROJECT)), "app:get", { ...other, projectId: "prj_1" }, false],
    [
      "an owner on his cluster",
      user(given("tenant-owner", TENANT)),
      "cluster:update",
      { clusterId: "cls_1", tenantId: "ten_1" },
      true,
    ],
    [
      "an owner on the platform's cluster",
      user(given("tenant-owner", TENANT)),
      "cluster:get",
      { clusterId: "cls_1" },
      false,
    ],
    [
      "ops of one cluster",
      user(given("platform-ops", { level: "cluster", clusterId: "cls_1" })),
      "cluster:update",
      { clusterId: "cls_1", tenantId: "ten_1" },
      true,
    ],
  ])("%s", (_name, principal, action, object, allowed) => {
    expect(can(principal, action, object)).toBe(allowed);
  });

  it("says which binding decided, and what was missing", () => {
    const viewer = given("viewer", TENANT);
    expect(decide(user(viewer), "app:get", shop)).toEqual({ allowed: true, rule: "within", binding: viewer });
    expect(decide(user(viewer), "app:update", shop)).toEqual({
      allowed: false,
      rule: "role-lacks-it",
      binding: viewer,
    });
    expect(decide(user(viewer), "app:update", other)).toEqual({ allowed: false, rule: "no-binding" });
  });

  it("holds a key to its permissions and to its tenant", () => {
    const bindings = [given("tenant-owner", TENANT), given("tenant-owner", { ...TENANT, tenantId: "ten_2" })];
    const key = (limits: object): Principal => ({
      kind: "service-account",
      id: "sva_1",
      keyId: "key_1",
      bindings,
      limits,
    });
    const reader = key({ permissions: permissionSet(["app:get"]) });
    expect(can(reader, "app:get", shop)).toBe(true);
    expect(decide(reader, "app:update", shop)).toEqual({ allowed: false, rule: "key-permissions" });
    const ofAcme = key({ tenantId: "ten_1" });
    expect(can(ofAcme, "app:update", shop)).toBe(true);
    expect(decide(ofAcme, "tenant:get", other)).toEqual({ allowed: false, rule: "key-tenant" });
    expect(visibleOf(ofAcme, "tenant")).toMatchObject({ tenantIds: ["ten_1"] });
  });
});

const scopes: fc.Arbitrary<Scope> = fc
  .record({
    level: fc.constantFrom("platform", "cluster", "tenant", "project", "environment"),
    t: fc.constantFrom("ten_1", "ten_2"),
    p: fc.constantFrom("prj_1", "prj_2"),
    e: fc.constantFrom("env_1", "env_2"),
  })
  .map(({ level, t, p, e }) => {
    const of = { tenantId: t, projectId: `${t}-${p}`, environmentId: `${t}-${p}-${e}` };
    if (level === "platform") return { level };
    if (level === "cluster") return { level, clusterId: e };
    if (level === "tenant") return { level, tenantId: t };
    if (level === "project") return { level, tenantId: of.tenantId, projectId: of.projectId };
    return { level: "environment", ...of };
  });
const people = fc
  .array(fc.tuple(fc.constantFrom(...(Object.keys(ROLES) as RoleName[])), scopes), { maxLength: 4 })
  .map((all) => user(...all.map(([role, scope]) => given(role, scope))));
const objects = fc
  .record({
    t: fc.constantFrom("ten_1", "ten_2"),
    p: fc.constantFrom("prj_1", "prj_2"),
    e: fc.constantFrom("env_1", "env_2"),
    depth: fc.nat(3),
  })
  .map(
    ({ t, p, e, depth }): AccessObject => ({
      ...(depth > 0 ? { tenantId: t } : {}),
      ...(depth > 1 ? { projectId: `${t}-${p}` } : {}),
      ...(depth > 2 ? { environmentId: `${t}-${p}-${e}` } : {}),
    }),
  );

describe("properties", () => {
  it("a binding in one tenant gives nothing in another", () => {
    fc.assert(
      fc.property(people, fc.constantFrom(...PERMISSIONS), objects, (principal, action, object) => {
        const bindings = "bindings" in principal ? principal.bindings : [];
        const near = bindings.some(
          ({ scope }) =>
            scope.level === "platform" || ("tenantId" in scope && scope.tenantId === object.tenantId),
        );
        if (object.tenantId !== undefined && !near) expect(can(principal, action, object)).toBe(false);
      }),
    );
  });

  it("another binding never takes anything away", () => {
    fc.assert(
      fc.property(people, people, fc.constantFrom(...PERMISSIONS), objects, (one, two, action, object) => {
        const both = user(...[one, two].flatMap((who) => ("bindings" in who ? [...who.bindings] : [])));
        if (can(one, action, object)) expect(can(both, action, object)).toBe(true);
      }),
    );
  });

  it("whoever may do something to an object may see all that it is in", () => {
    fc.assert(
      fc.property(people, fc.constantFrom(...PERMISSIONS), objects, (principal, action, object) => {
        if (object.tenantId === undefined || !can(principal, action, object)) return;
        expect(can(principal, "tenant:get", { tenantId: object.tenantId })).toBe(true);
        if (object.projectId === undefined) return;
        expect(can(principal, "project:get", { ...object, environmentId: undefined })).toBe(true);
      }),
    );
  });

  it("a list shows what can be got, and nothing else", () => {
    fc.assert(
      fc.property(people, objects, (principal, object) => {
        const kind =
          object.environmentId !== undefined
            ? "environment"
            : object.projectId !== undefined
              ? "project"
              : "tenant";
        if (object.tenantId === undefined) return;
        const visible = visibleOf(principal, kind);
        const shown =
          visible === "all" ||
          visible.tenantIds.includes(object.tenantId) ||
          visible.projectIds.includes(object.projectId ?? "") ||
          visible.environmentIds.includes(object.environmentId ?? "");
        expect(shown).toBe(can(principal, `${kind}:get`, object));
      }),
    );
  });
});

describe("roles", () => {
  it("each has the way down to what it allows", () => {
    for (const [name, { permissions }] of Object.entries(ROLES)) {
      expect(
        THE_WAY.filter((permission) => !permissions.has(permission)),
        name,
      ).toEqual([]);
    }
  });

  it("no role of a tenant reaches what is the platform's", () => {
    for (const [name, { levels, permissions }] of Object.entries(ROLES)) {
      if (levels.some((level) => level === "platform")) continue;
      for (const platforms of ["tenant:create", "tenant:restore", "metrics:get", "event:replay"] as const) {
        expect(permissions.has(platforms), `${name} ${platforms}`).toBe(false);
      }
    }
  });
});
