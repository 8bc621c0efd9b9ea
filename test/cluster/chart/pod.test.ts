import { describe, expect, test } from "vitest";
import { modulesConfig } from "../../../agent/config-modules.ts";
import { CHART, NAMESPACE } from "../../services/agent-chart.ts";
import { GOOD, helm, only, rendered, TOKEN } from "./render.ts";

interface PodSpec {
  securityContext: unknown;
  containers: { securityContext: unknown; resources: { limits: { memory: string } } }[];
}

describe("the pod", () => {
  test("runs as nobody, on a read-only root, without capabilities, within limits", async () => {
    const { manifests } = await rendered(GOOD);
    const pods = [
      (only(manifests, "Deployment").spec as { template: { spec: PodSpec } }).template.spec,
      only(manifests, "Pod").spec as PodSpec,
    ];
    for (const pod of pods) {
      expect(pod.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 65532,
        seccompProfile: { type: "RuntimeDefault" },
      });
      for (const container of pod.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          privileged: false,
          capabilities: { drop: ["ALL"] },
        });
        expect(container.resources.limits.memory).toMatch(/Mi$/);
      }
    }
  });

  test("is guarded against disruption where there are two", async () => {
    const one = await rendered(GOOD);
    expect(one.manifests.map(({ kind }) => kind)).not.toContain("PodDisruptionBudget");
    const two = await rendered({ ...GOOD, replicas: 2 });
    expect(only(two.manifests, "PodDisruptionBudget").spec).toMatchObject({ maxUnavailable: 1 });
  });

  test("takes a digest before a tag", async () => {
    const digest = `sha256:${"0".repeat(64)}`;
    const { text } = await rendered({ ...GOOD, image: { ...GOOD.image, tag: "1", digest } });
    expect(text).toContain(`image: "registry.example.com/kubenova/agent@${digest}"`);
  });

  test("starts anew where the token or the CA changed", async () => {
    const checksum = async (joinToken: string) =>
      /checksum\/manager: (\w+)/.exec((await rendered({ ...GOOD, joinToken })).text)?.[1];
    expect(await checksum(TOKEN)).not.toBe(await checksum(`${TOKEN}2`));
  });
});

describe("tracing", () => {
  const names = async (values: Parameters<typeof rendered>[0]) => {
    const { manifests } = await rendered(values);
    const { template } = only(manifests, "Deployment").spec as {
      template: { spec: { containers: { env: { name: string; value?: string }[] }[] } };
    };
    const env = template.spec.containers[0]?.env.filter(({ name }) => name.startsWith("OTEL_"));
    return { env, egress: JSON.stringify(only(manifests, "NetworkPolicy").spec) };
  };

  test("is off, and its port closed, until an endpoint is named", async () => {
    const { env, egress } = await names(GOOD);
    expect(env).toEqual([]);
    expect(egress).not.toContain("4318");
  });

  test("sends to the endpoint, with headers from a Secret, through the network policy", async () => {
    const tracing = { endpoint: "http://otel-collector.observability:4318", headersSecret: "otel" };
    const { env, egress } = await names({ ...GOOD, tracing });
    expect(env).toEqual([
      { name: "OTEL_EXPORTER_OTLP_ENDPOINT", value: tracing.endpoint },
      {
        name: "OTEL_EXPORTER_OTLP_HEADERS",
        valueFrom: { secretKeyRef: { name: "otel", key: "headers" } },
      },
    ]);
    expect(egress).toContain("4318");
  });
});

describe("the audit webhook", () => {
  test("is not there until it is enabled, and wants a Secret and one agent", async () => {
    const { text } = await rendered(GOOD);
    expect(text).not.toContain("KUBENOVA_AUDIT");
    expect(text).not.toContain("9443");
    const audit = { enabled: true, secret: "kubenova-audit" };
    await expect(rendered({ ...GOOD, audit: { enabled: true } })).rejects.toThrow(/secret/);
    await expect(rendered({ ...GOOD, audit, replicas: 2 })).rejects.toThrow(/replicas: 1/);
  });

  test("listens with the Secret's certificate, on an address of its own, for the API servers alone", async () => {
    const audit = {
      enabled: true,
      secret: "kubenova-audit",
      clusterIP: "10.96.0.77",
      fromCIDRs: ["10.9.0.0/24"],
    };
    const { manifests, text } = await rendered({ ...GOOD, audit });
    const service = manifests.find(({ metadata }) => metadata.name === "kubenova-agent-audit");
    expect(service?.spec).toMatchObject({ clusterIP: "10.96.0.77", ports: [{ port: 9443 }] });
    expect(text).toContain("secretName: kubenova-audit");
    const { ingress } = only(manifests, "NetworkPolicy").spec as { ingress: unknown[] };
    expect(ingress).toContainEqual({
      ports: [{ protocol: "TCP", port: "audit" }],
      from: [{ ipBlock: { cidr: "10.9.0.0/24" } }],
    });
  });
});

describe("modules", () => {
  const policies = [
    {
      name: "limits",
      cueRef: { type: "oci", ref: "registry.example.com/policies:1", pullSecretRef: { name: "registry" } },
      parameters: { maxReplicas: 3 },
    },
  ];

  test("policies of the installation reach the agent as they stand in the values, and a change starts it anew", async () => {
    const one = await rendered({ ...GOOD, policies });
    const data = one.manifests.find(({ metadata }) => metadata.name === "kubenova-agent-modules") as
      | { data?: Record<string, string> }
      | undefined;
    expect(JSON.parse(data?.data?.["policies.json"] ?? "")).toEqual(policies);
    expect(one.text).toContain("/var/run/kubenova/modules/policies.json");
    const checksum = (text: string) => /checksum\/modules: (\w+)/.exec(text)?.[1];
    const other = await rendered({ ...GOOD, policies: [{ ...policies[0], severity: "Warn" }] });
    expect(checksum(one.text)).not.toBe(checksum(other.text));
  });

  test("of their Secrets the agent reads those that they name, and no other", async () => {
    const { manifests } = await rendered({ ...GOOD, policies });
    const role = manifests.find(
      ({ kind, metadata }) => kind === "Role" && metadata.name === "kubenova-agent-policies",
    );
    expect(role?.rules).toEqual([
      { apiGroups: [""], resources: ["secrets"], resourceNames: ["registry"], verbs: ["get"] },
    ]);
    const none = await rendered(GOOD);
    expect(none.manifests.map(({ metadata }) => metadata.name)).not.toContain("kubenova-agent-policies");
  });

  test("whoever reads in the agent's namespace may read them: the agent, and with wide rights the platform account", async () => {
    const readers = async (values: object) => {
      const { manifests } = await rendered({ ...GOOD, policies, ...values });
      const binding = manifests.find(
        ({ kind, metadata }) => kind === "RoleBinding" && metadata.name === "kubenova-agent-policies",
      ) as { subjects?: object[] } | undefined;
      return binding?.subjects;
    };
    const account = (name: string) => ({ kind: "ServiceAccount", name, namespace: NAMESPACE });
    expect(await readers({})).toEqual([account("kubenova-agent")]);
    expect(await readers({ wideRights: { enabled: true } })).toEqual([
      account("kubenova-agent"),
      account("kubenova-platform"),
    ]);
  });

  test("a policy without a source is refused", async () => {
    await expect(rendered({ ...GOOD, policies: [{ name: "limits" }] })).rejects.toThrow("cueRef");
  });
});

describe("sources", () => {
  test("the notes warn where neither the cluster nor the values name the service ranges", async () => {
    const notes = async (values: object) => {
      const args = ["install", "kubenova-agent", CHART, "-n", NAMESPACE, "--dry-run=client"];
      const { code, stdout, stderr } = await helm(args, { ...GOOD, ...values });
      expect(code, stderr).toBe(0);
      return stdout.slice(stdout.indexOf("NOTES:"));
    };
    expect(await notes({})).toMatch(/WARNING: .* service ranges .*sources\.refusedCIDRs is empty/);
    expect(await notes({ sources: { refusedCIDRs: ["10.96.0.0/12"] } })).not.toContain("WARNING");
  });

  interface Container {
    env: { name: string; value?: string }[];
  }
  const environment = async (sources: object): Promise<Record<string, string>> => {
    const { manifests } = await rendered({ ...GOOD, sources });
    const { template } = only(manifests, "Deployment").spec as {
      template: { spec: { containers: Container[] } };
    };
    const env = template.spec.containers[0]?.env ?? [];
    return Object.fromEntries(env.map(({ name, value = "" }) => [name, value]));
  };

  test("the agent knows the size of its disk, and takes what the values say of sources", async () => {
    const plain = await environment({});
    const { maxFetches = 0, maxCacheBytes = 0 } = modulesConfig(plain, () => "").limits;
    const volume = ((await rendered(GOOD)).text.match(/sizeLimit: (\d+)Mi/g) ?? []).at(-1);
    expect(volume).toBe(`sizeLimit: ${Number.parseInt(plain.KUBENOVA_CACHE_SIZE ?? "", 10)}Mi`);
    expect([maxFetches > 0, maxCacheBytes > 0]).toEqual([true, true]);
    const set = await environment({
      cacheSize: "1Gi",
      limits: { maxFiles: 9 },
      refusedCIDRs: ["10.96.0.0/12"],
      allowedCIDRs: ["10.96.0.7/32"],
    });
    expect(modulesConfig(set, () => "")).toMatchObject({
      limits: { maxFiles: 9, maxCacheBytes: maxCacheBytes + 704 * 2 ** 20 },
      network: { refused: ["10.96.0.0/12"], allowed: ["10.96.0.7/32"] },
    });
  });

  test.each([
    { limits: { maxFile: 1 } },
    { limits: { maxFiles: 0 } },
    { cacheSize: "320" },
    { refusedCIDRs: ["services"] },
  ])("%j is refused", async (sources) => {
    await expect(rendered({ ...GOOD, sources })).rejects.toThrow("sources");
  });
});
