import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { auditEntrySchema } from "../audit/entry.ts";
import { entryOf, identityOf } from "./entry.ts";
import { factsOf, kubernetesFactSchema } from "./fact.ts";
import { holderOf, LEAVING_MS } from "./whose.ts";

const OWN = "system:serviceaccount:kubenova-system:kubenova-agent";
const CLUSTER = "cls_01KAJ7Z8Q4X2N6V0D3M5R9T1WB";
const TENANT = "ten_01KAJ7Z8Q4X2N6V0D3M5R9T1WB";
const context = {
  own: { user: OWN, namespace: "kubenova-system" },
  correlationOf: (id: string) => /^(.+)-\d+$/.exec(id)?.[1],
};
const event = (more: object = {}) => ({
  auditID: "req_1-7",
  stage: "ResponseComplete",
  requestURI: "/api/v1/namespaces/shop/configmaps/one?fieldManager=x",
  verb: "update",
  user: { username: "alice", groups: ["staff", "system:authenticated"] },
  sourceIPs: ["203.0.113.9", "10.0.0.4"],
  objectRef: { resource: "configmaps", namespace: "shop", name: "one" },
  responseStatus: { code: 200 },
  requestReceivedTimestamp: "2026-11-21T10:00:00.123456Z",
  ...more,
});
const list = (...items: unknown[]) => ({ kind: "EventList", apiVersion: "audit.k8s.io/v1", items });
const facts = (...items: unknown[]) => factsOf(list(...items), context)?.facts ?? [];
const of = (resource: string, more: object = {}) => ({
  objectRef: { resource, namespace: "shop", name: "one", ...more },
});
const own = { user: { username: OWN } };
const system = (name: string) => ({ user: { username: `system:${name}` } });
const dry = { requestURI: "/x?dryRun=All" };

describe("what is kept", () => {
  it.each([
    [true, "a change", {}],
    [true, "that failed", { responseStatus: { code: 409 } }],
    [true, "a panic", { stage: "Panic" }],
    [false, "another stage", { stage: "RequestReceived" }],
    [false, "a read", { verb: "get" }],
    [true, "a read of a secret", { verb: "list", ...of("secrets") }],
    [true, "a read that was refused", { verb: "get", responseStatus: { code: 403 } }],
    [true, "an exec, whose verb is get", { verb: "get", ...of("pods", { subresource: "exec" }) }],
    [true, "an exec of a component", { ...system("kube-scheduler"), ...of("pods", { subresource: "exec" }) }],
    [true, "a node that a person deletes", { verb: "delete", ...of("nodes") }],
    [false, "a kubelet's node", { ...system("node:n1"), ...of("nodes", { subresource: "status" }) }],
    [false, "a controller's", system("serviceaccount:kube-system:replicaset-controller")],
    [true, "what a controller is refused", { ...system("apiserver"), responseStatus: { code: 403 } }],
    [true, "who is called nearly so", { user: { username: "not-system:apiserver" } }],
    [false, "a lease", of("leases", { apiGroup: "coordination.k8s.io" })],
    [false, "an event", of("events")],
    [false, "a dry run", dry],
    [true, "a change of the agent's", own],
    [false, "the agent's look at secrets", { ...own, verb: "watch", ...of("secrets") }],
    [false, "a status that the agent writes", { ...own, ...of("novaapps", { subresource: "status" }) }],
    [
      false,
      "a request that is proxied for a person",
      { ...own, ...of("services", { subresource: "proxy" }) },
    ],
  ])("%s: %s", (kept, _what, more) => {
    expect(facts(event(more))).toHaveLength(kept ? 1 : 0);
  });
});

describe("what is told", () => {
  it("is who did what to what, from where", () => {
    expect(facts(event())).toEqual([
      {
        auditId: "req_1-7",
        stage: "ResponseComplete",
        time: "2026-11-21T10:00:00.123Z",
        user: "alice",
        groups: ["staff", "system:authenticated"],
        verb: "update",
        object: "kubernetes/configmaps/shop/one",
        namespace: "shop",
        code: 200,
        address: "10.0.0.4",
      },
    ]);
  });

  it("is the cause where the agent itself sent the request, and nobody else's claim", () => {
    const as = { impersonatedUser: { username: "system:serviceaccount:shop:kubenova-applier" } };
    expect(facts(event({ ...own, ...as }))[0]).toMatchObject({
      correlationId: "req_1",
      as: as.impersonatedUser.username,
    });
    expect(facts(event())[0]).not.toHaveProperty("correlationId");
  });

  it("names objects of the cluster, those without a name, and paths", () => {
    const objects = (more: object) => facts(event(more))[0]?.object;
    const clusterRole = { resource: "clusterroles", apiGroup: "rbac.authorization.k8s.io", name: "admin" };
    expect(objects({ objectRef: clusterRole })).toBe(
      "kubernetes/clusterroles.rbac.authorization.k8s.io/_/admin",
    );
    expect(objects({ verb: "create", objectRef: { resource: "pods", namespace: "shop" } })).toBe(
      "kubernetes/pods/shop/*",
    );
    const denied = { objectRef: undefined, responseStatus: { code: 401 }, requestURI: "/metrics?token=abc" };
    expect(objects(denied)).toBe("kubernetes/_/metrics");
  });

  it("gives reasons without what was sent", () => {
    const reason = (code: number, message: string) =>
      facts(event({ responseStatus: { code, reason: "Why", message } }))[0]?.reason;
    expect(reason(403, "no password=hunter22 for you")).toBe("403 Why: no password=[secret] for you");
    expect(reason(422, 'Invalid value: "hunter22"')).toBe("422 Why");
  });

  it("counts refusals that are alike, and each change by itself", () => {
    const denied = (name: string, auditID: string) =>
      event({ auditID, verb: "get", responseStatus: { code: 403 }, ...of("pods", { name }) });
    const told = facts(
      denied("a", "1"),
      denied("b", "2"),
      denied("c", "3"),
      event(),
      event({ auditID: "2" }),
    );
    expect(told.map(({ count, object }) => [object, count])).toEqual([
      ["kubernetes/pods/shop/a", 3],
      ["kubernetes/configmaps/shop/one", undefined],
      ["kubernetes/configmaps/shop/one", undefined],
    ]);
  });

  it("knows what is no list, and counts what is no event", () => {
    expect(factsOf({ kind: "EventList", apiVersion: "audit.k8s.io/v1beta1" }, context)).toBeUndefined();
    expect(factsOf(list({ stage: 1 }, null, event()), context)).toMatchObject({ unfit: 2 });
  });

  it("never holds a body, and is bounded, whatever comes", () => {
    const text = fc.string({ maxLength: 600, unit: "grapheme" });
    const SECRET = "s3cr3t-of-a-body";
    const anyEvent = fc.record({
      auditID: text.filter((id) => id !== ""),
      requestURI: text,
      verb: text,
      code: fc.integer(),
      user: fc.record({ username: text, groups: fc.array(text, { maxLength: 40 }) }),
      ref: fc.record({ resource: text, namespace: text, name: text, subresource: text, apiGroup: text }),
      message: text,
    });
    fc.assert(
      fc.property(anyEvent, ({ code, ref, message, ...more }) => {
        const told = facts(
          event({
            ...more,
            ...{ objectRef: ref, responseStatus: { code, message }, stage: "Panic" },
            ...{ requestObject: { data: SECRET }, responseObject: { data: SECRET } },
            annotations: { note: SECRET },
          }),
        );
        expect(JSON.stringify(told)).not.toContain(SECRET);
        for (const fact of told) {
          expect(kubernetesFactSchema.parse(fact)).toEqual(fact);
          const digest = new Uint8Array(32);
          const entry = entryOf(fact, { clusterId: CLUSTER, tenantId: TENANT, digest, now: Date.now() });
          expect(auditEntrySchema.safeParse(entry).error).toBeUndefined();
        }
      }),
    );
  });
});

describe("an entry", () => {
  const [fact] = facts(event());
  const digest = new Uint8Array(32).fill(7);
  const at = Date.parse("2026-11-21T10:00:00.123Z");
  const entry = (now: number, told = fact) =>
    told && entryOf(told, { clusterId: CLUSTER, tenantId: TENANT, digest, now });

  it("says where it comes from", () => {
    expect(entry(at)).toMatchObject({
      source: "kubernetes",
      cluster: CLUSTER,
      actor: { kind: "kubernetes", id: "alice", groups: ["staff", "system:authenticated"] },
      action: "kubernetes:update",
      outcome: "success",
      requestId: "req_1-7",
      correlationId: "req_1-7",
      time: "2026-11-21T10:00:00.123Z",
    });
  });

  it("has the same id whenever it comes, and a time that the manager's clock bounds", () => {
    const far = entry(at - 3_600_000);
    expect(far?.id).toBe(entry(at)?.id);
    expect(Date.parse(far?.time ?? "")).toBe(at - 3_600_000 + 300_000);
  });

  it("is of one request: another under the same Audit-ID is another", () => {
    if (!fact) throw new Error("no fact");
    expect(identityOf(CLUSTER, { ...fact, verb: "delete" })).not.toBe(identityOf(CLUSTER, fact));
  });
});

describe("whose a namespace is", () => {
  const day = 24 * 60 * 60_000;
  const held = (tenantId: string, ...placements: [string | null, number][]) => ({
    namespace: "shop",
    tenantId,
    deletedAt: null,
    placements: placements.map(([clusterId, at]) => ({ clusterId, at })),
  });
  const before = held("a", [CLUSTER, 10 * day], [null, 20 * day]);
  const after = held("b", [CLUSTER, 20 * day]);
  const holder = (at: number, now = at) =>
    holderOf([before, after], { clusterId: CLUSTER, namespace: "shop", at, now });

  it("that of the environment which was there then", () => {
    expect(holder(15 * day)).toBe("a");
    expect(holder(20 * day - 1, 20 * day + 1)).toBe("a");
    expect(holder(21 * day)).toBe("b");
    expect(holder(1 * day)).toBeUndefined();
  });

  it("nobody's who left long ago, whatever time the cluster claims", () => {
    expect(holder(15 * day, 20 * day + LEAVING_MS)).toBeUndefined();
  });

  it("its tenant's for a while after it has gone", () => {
    const gone = { ...held("a", [CLUSTER, day]), deletedAt: 2 * day };
    const ask = { clusterId: CLUSTER, namespace: "shop", at: 2 * day + 5, now: 2 * day + 9 };
    expect(holderOf([gone], ask)).toBe("a");
    expect(holderOf([gone], { ...ask, namespace: "other" })).toBeUndefined();
    expect(holderOf([gone], { ...ask, clusterId: "cls_other" })).toBeUndefined();
  });
});
