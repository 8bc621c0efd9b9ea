import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Fixture, kubeFixture } from "../../test/kube/fixture.ts";
import {
  cases,
  MODULES,
  PLATFORM,
  POLICIES,
  refusedInputs,
  renderShipped,
  shippedPolicy,
} from "../../test/services/platform-modules.ts";
import { module, type TestRenderer, testRenderer } from "../../test/services/renders.ts";
import type { KubeObject } from "../kube/index.ts";
import type { RenderError } from "./errors.ts";
import type { RenderInput } from "./renderer.ts";

let renderer: TestRenderer;
let fixture: Fixture;
beforeAll(async () => {
  renderer = await testRenderer();
  fixture = await kubeFixture("shipped");
});
afterAll(async () => {
  await renderer.stop();
  await fixture.close();
});

describe.each(MODULES)("the module %s", (name) => {
  const own = cases().filter((one) => one.module === name);

  test.each(own)("makes of $name what its golden graph says", async ({ input, name: of }) => {
    const { nodes } = await renderShipped(renderer, name, input);
    const golden = join(PLATFORM, name, "testdata", `${of}.graph.json`);
    await expect(`${JSON.stringify(nodes, null, 2)}\n`).toMatchFileSnapshot(golden);
  });

  test.each(own)("makes of $name what the API server takes", async ({ input }) => {
    const { nodes } = await renderShipped(renderer, name, input);
    for (const { object } of nodes) {
      const placed = { ...object, metadata: { ...object.metadata, namespace: fixture.namespace } };
      await fixture.kube.apply(placed as KubeObject, { dryRun: true });
    }
  });

  test.each(own)("satisfies the shipped policies with $name", async ({ name: of, input }) => {
    const policies = await Promise.all(POLICIES.map((policy) => shippedPolicy(policy)));
    const { violations } = await renderShipped(renderer, name, input, policies);
    const roots = violations.filter(({ path }) => path.endsWith("runAsNonRoot"));
    // An input that asks for root gets it, and is told of by the policy alone.
    expect(violations).toEqual(of === "replicated" ? roots : []);
    expect(roots).toHaveLength(of === "replicated" ? 1 : 0);
  });

  test.each(refusedInputs(name))("refuses what is wrong at $path", async ({ input, path }) => {
    const error = await renderShipped(renderer, name, input).then(
      () => expect.fail("it rendered"),
      (refused: RenderError) => refused,
    );
    expect(error.code, error.message).toBe("invalid-input");
    expect(error.errors.map((one) => one.path)).toContain(path);
  });
});

const BAD = `
nodes: bad: object: {
	apiVersion: "apps/v1", kind: "Deployment", metadata: name: "bad"
	spec: {replicas: 99, template: spec: {
		hostNetwork: true
		volumes: [{name: "node", hostPath: path: "/"}]
		initContainers: [{name: "first", image: "registry.example.org/first"}]
		containers: [{
			name: "main", image: "nginx:latest"
			securityContext: {privileged: true, capabilities: add: ["SYS_ADMIN"]}
			ports: [{containerPort: 1, hostPort: 1}]
		}]
	}}
}
nodes: wide: object: {apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: name: "wide"}
nodes: often: object: {
	apiVersion: "batch/v1", kind: "CronJob", metadata: name: "often"
	spec: jobTemplate: spec: template: spec: containers: [{name: "main", image: "registry.example.org/often:1"}]
}
nodes: pod: object: {
	apiVersion: "v1", kind: "Pod", metadata: name: "pod"
	spec: containers: [{name: "main", image: "registry.example.com/pod:1"}]
}
`;

/** Null is what a merge takes a field away with: to the API server it is not there. */
const SNEAKY = `
nodes: sneaky: object: {
	apiVersion: "v1", kind: "Pod", metadata: name: "sneaky"
	spec: {
		initContainers: null
		volumes: [{name: "image", image: reference: "evil.example.org/x:1"}, {name: "none", hostPath: null, emptyDir: {}}]
		securityContext: {sysctls: [{name: "kernel.msgmax", value: "1"}], runAsNonRoot: true, seccompProfile: type: "RuntimeDefault"}
		containers: [{
			name: "main", image: "registry.example.org/main:1"
			resources: {requests: {cpu: null, memory: "0"}, limits: memory: "0e3"}
			livenessProbe: httpGet: {host: "192.0.2.1", port: 1}
			securityContext: {
				runAsUser: 0, runAsNonRoot: false, procMount: "Unmasked", allowPrivilegeEscalation: false
				appArmorProfile: type: "Unconfined", seccompProfile: type: "Unconfined"
				seLinuxOptions: type: "spc_t", windowsOptions: hostProcess: true
				capabilities: {add: null, drop: ["ALL"]}
			}
		}]
	}
}
`;

/** What the standard allows: a container's own word goes before its pod's. */
const LAWFUL = `
nodes: lawful: object: {
	apiVersion: "v1", kind: "Pod", metadata: name: "lawful"
	spec: {
		volumes: null
		securityContext: {runAsNonRoot: false, seccompProfile: null}
		containers: [{
			name: "main", image: "registry.example.org/main:1"
			resources: {requests: {cpu: 0.5, memory: "1Gi"}, limits: memory: "1Gi"}
			securityContext: {
				runAsNonRoot: true, allowPrivilegeEscalation: false, privileged: false
				seccompProfile: type: "Localhost"
				capabilities: {add: ["NET_BIND_SERVICE"], drop: ["ALL"]}
			}
		}]
	}
}
`;

describe("the shipped policies", () => {
  const judge = async (policy: RenderInput["policies"][number], text = BAD) => {
    const { violations } = await renderer.render({
      ...{ language: "cue" as const, module: module(text), dependencies: {}, input: {} },
      ...{ context: { name: "bad", namespace: "acme" }, policies: [policy] },
    });
    return violations;
  };
  const paths = async (name: string, parameters?: Record<string, unknown>, text?: string) => {
    const found = await judge(await shippedPolicy(name, parameters), text);
    expect(found.every((one) => one.severity === "Deny" && one.policy === name)).toBe(true);
    return found.map(({ path }) => path.replace(/^nodes\./, "").replace(/object\.spec\./, ""));
  };

  test("registries: what names no registry, or no version", async () => {
    expect((await paths("registries")).sort()).toEqual([
      "bad.template.spec.containers[0].image",
      "bad.template.spec.containers[0].image",
      "bad.template.spec.initContainers[0].image",
    ]);
  });

  test("registries: what is from none of those allowed, or not by digest", async () => {
    expect(await paths("registries", { allowed: ["registry.example.com/"] })).toContain(
      "often.jobTemplate.spec.template.spec.containers[0].image",
    );
    expect(await paths("registries", { digests: true })).toContain("pod.containers[0].image");
  });

  test("limits: what does not say what it needs, and too many of it", async () => {
    const found = await paths("limits");
    expect(found).toContain("bad.replicas");
    expect(found.filter((path) => path.endsWith("resources.requests"))).toHaveLength(8);
    expect(found.filter((path) => path.endsWith("resources.limits"))).toHaveLength(4);
    expect(await paths("limits", { maxReplicas: 99 })).not.toContain("bad.replicas");
  });

  test("security: what pods may not do in the standard `restricted`, and what reaches beyond a namespace", async () => {
    const found = await paths("security");
    expect(found).toEqual(
      expect.arrayContaining([
        "wide.object.kind",
        "bad.template.spec.hostNetwork",
        "bad.template.spec.volumes[0].hostPath",
        "bad.template.spec.containers[0].securityContext.privileged",
        "bad.template.spec.containers[0].securityContext.capabilities.add",
        "bad.template.spec.containers[0].ports[0].hostPort",
        "bad.template.spec.initContainers[0].securityContext.runAsNonRoot",
        "pod.containers[0].securityContext.seccompProfile.type",
      ]),
    );
  });

  test("are not got round by null, by zero, nor by the rarer fields", async () => {
    expect(await paths("limits", {}, SNEAKY)).toEqual([
      ...["sneaky.containers[0].resources.requests", "sneaky.containers[0].resources.requests"],
      "sneaky.containers[0].resources.limits",
    ]);
    expect(await paths("registries", { allowed: ["registry.example.org/"] }, SNEAKY)).toEqual([
      "sneaky.volumes[0].image.reference",
    ]);
    const settings = ["windowsOptions.hostProcess", "appArmorProfile.type", "seLinuxOptions.type"];
    const more = ["procMount", "seccompProfile.type", "runAsNonRoot", "runAsUser"];
    expect((await paths("security", undefined, SNEAKY)).sort()).toEqual(
      [
        ...[...settings, ...more].map((field) => `sneaky.containers[0].securityContext.${field}`),
        "sneaky.containers[0].livenessProbe.httpGet.host",
        "sneaky.securityContext.sysctls[0]",
      ].sort(),
    );
  });

  test.each(POLICIES)("%s: lets pass what is allowed", async (name) => {
    expect(await paths(name, undefined, LAWFUL)).toEqual([]);
  });

  test("refuse parameters that they do not have, or of another type", async () => {
    const refusal = async (parameters: Record<string, unknown>) =>
      judge(await shippedPolicy("limits", parameters)).then(
        () => expect.fail("it was judged"),
        (error: RenderError) => error,
      );
    const misspelt = await refusal({ maxReplica: 1 });
    expect([misspelt.code, misspelt.message]).toEqual([
      "invalid-policy",
      expect.stringContaining("parameters.maxReplica"),
    ]);
    expect((await refusal({ maxReplicas: "many" })).code).toBe("invalid-policy");
  });
});
