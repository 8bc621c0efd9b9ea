import { describe, expect, test } from "vitest";
import { GOOD, rendered, rulesOf } from "./render.ts";

describe("rights", () => {
  test.each(["manage", "read-only"])("mode %s names every verb and resource, and says why", async (mode) => {
    const { text, manifests } = await rendered({ ...GOOD, mode });
    const rules = [...rulesOf(manifests, "ClusterRole"), ...rulesOf(manifests, "Role")];
    expect(rules.length).toBeGreaterThan(8);
    for (const rule of rules) {
      expect([...rule.verbs, ...rule.resources, ...rule.apiGroups]).not.toContain("*");
    }
    const roles = text.split(/^---$/m).filter((document) => /^kind: (Cluster)?Role$/m.test(document));
    const lines = roles.flatMap((role) => role.split("\n").map((line) => line.trim()));
    const starts = lines.flatMap((line, at) => (line.startsWith("- apiGroups:") ? [at] : []));
    expect(starts).toHaveLength(rules.length);
    for (const at of starts) expect(lines[at - 1], lines.slice(at, at + 3).join(" ")).toMatch(/^# /);
  });

  test("a read-only agent gets nothing but get, list and watch in the cluster", async () => {
    const { manifests } = await rendered({ ...GOOD, mode: "read-only" });
    const verbs = new Set(rulesOf(manifests, "ClusterRole").flatMap((rule) => rule.verbs));
    expect([...verbs].sort()).toEqual(["get", "list", "watch"]);
  });

  test.each(["manage", "read-only"])("mode %s writes in its own namespace by name alone", async (mode) => {
    const { manifests } = await rendered({ ...GOOD, mode });
    const rules = rulesOf(manifests, "Role");
    for (const rule of rules) {
      if (rule.verbs.join() !== "create") expect(rule.resourceNames?.length).toBeGreaterThan(0);
    }
    expect(new Set(rules.flatMap((rule) => rule.resources))).toEqual(
      new Set(["secrets", "configmaps", "leases"]),
    );
  });

  test.each(["manage", "read-only"])(
    "mode %s reads no Secret of another namespace, and impersonates nobody",
    async (mode) => {
      const { manifests } = await rendered({ ...GOOD, mode });
      for (const rule of rulesOf(manifests, "ClusterRole")) {
        expect(rule.resources).not.toContain("secrets");
        expect(rule.verbs).not.toContain("impersonate");
      }
    },
  );

  test("what lifts rights is bound to two names: ClusterRole edit, and the Role to impersonate", async () => {
    const { manifests } = await rendered({ ...GOOD, mode: "manage" });
    const lifting = rulesOf(manifests, "ClusterRole").filter((rule) =>
      rule.verbs.some((verb) => ["bind", "escalate"].includes(verb)),
    );
    expect(
      lifting.filter((rule) => rule.resources.includes("clusterroles")).map((rule) => rule.resourceNames),
    ).toEqual([["edit"]]);
    expect(lifting.filter((rule) => !rule.resources.includes("clusterroles"))).toEqual([
      {
        apiGroups: ["rbac.authorization.k8s.io"],
        resources: ["roles"],
        resourceNames: ["kubenova-agent-impersonate"],
        verbs: ["bind", "escalate"],
      },
    ]);
  });

  test("nothing is deleted as the agent itself but its own custom resources, and objects by name", async () => {
    const { manifests } = await rendered({ ...GOOD, mode: "manage" });
    const agents = manifests.filter(({ metadata }) => metadata.name !== "kubenova-agent-transforms");
    const rules = [...rulesOf(agents, "ClusterRole"), ...rulesOf(agents, "Role")];
    const deleting = rules.filter(({ verbs }) => verbs.some((verb) => verb.startsWith("delete")));
    const unnamed = deleting.filter(({ resourceNames }) => resourceNames === undefined);
    expect(unnamed.flatMap(({ apiGroups }) => apiGroups)).toEqual(["kubenova.io", "kubenova.io"]);
    expect(deleting.flatMap(({ resources }) => resources)).not.toContain("namespaces");
  });

  test("shards are made and deleted, never changed", async () => {
    const { manifests } = await rendered({ ...GOOD, mode: "manage" });
    const agents = manifests.filter(({ metadata }) => metadata.name !== "kubenova-agent-transforms");
    const rules = rulesOf(agents, "ClusterRole").filter((rule) =>
      rule.resources.includes("resourcegraphshards"),
    );
    expect(rules.map(({ verbs }) => verbs)).toEqual([["get", "list", "create", "delete"]]);
  });

  test("people with edit may write Transforms, and no binding gives the agent that role", async () => {
    const { manifests } = await rendered({ ...GOOD, mode: "manage" });
    const aggregated = manifests.filter(({ metadata }) => metadata.name === "kubenova-agent-transforms");
    expect(aggregated.map(({ kind }) => kind)).toEqual(["ClusterRole"]);
    expect(aggregated.flatMap(({ rules }) => rules?.map(({ resources }) => resources))).toEqual([
      ["transforms"],
      ["resourcegraphs", "resourcegraphshards"],
    ]);
    const bound = manifests.filter(({ kind }) => kind.endsWith("RoleBinding"));
    expect(JSON.stringify(bound)).not.toContain("kubenova-agent-transforms");
  });

  test("wide rights are there only when asked for, through one account that is impersonated by name", async () => {
    const narrow = await rendered({ ...GOOD, mode: "manage" });
    expect(narrow.text).not.toContain("cluster-admin");
    const wide = await rendered({ ...GOOD, mode: "manage", wideRights: { enabled: true } });
    const rule = rulesOf(wide.manifests, "Role").find((each) => each.verbs.includes("impersonate"));
    expect(rule?.resourceNames).toEqual(["kubenova-platform"]);
  });
});
