import { describe, expect, it } from "vitest";
import type { LiveObject } from "../../kube/index.ts";
import type { Seen } from "../model.ts";
import { READY } from "./conditions.ts";
import { nodeReadiness, readinessDetails, readinessOf } from "./index.ts";

const live = (apiVersion: string, kind: string, spec: object, status?: object): LiveObject => ({
  apiVersion,
  kind,
  metadata: { name: "x", uid: "u", resourceVersion: "1", generation: 2 },
  spec,
  ...(status ? { status } : {}),
});
const is = (type: string, status = "True", reason = "Because", message = "says why") => ({
  conditions: [{ type, status, reason, message }],
});
const all = (replicas: number) => ({
  observedGeneration: 2,
  replicas,
  updatedReplicas: replicas,
  readyReplicas: replicas,
  availableReplicas: replicas,
});
const daemons = { observedGeneration: 2, desiredNumberScheduled: 2, numberReady: 2, numberAvailable: 2 };
const sets = { ...all(2), currentRevision: "a", updateRevision: "a" };

describe("readiness by kind", () => {
  it.each<[string, string, string, object, object | undefined, string]>([
    ["nobody has seen it", "apps/v1", "Deployment", { replicas: 2 }, undefined, "Progressing"],
    [
      "an older generation was seen",
      "apps/v1",
      "Deployment",
      {},
      { ...all(1), observedGeneration: 1 },
      "Progressing",
    ],
    ["all replicas", "apps/v1", "Deployment", { replicas: 2 }, all(2), "Ready"],
    ["scaled to zero", "apps/v1", "Deployment", { replicas: 0 }, { observedGeneration: 2 }, "Ready"],
    [
      "old replicas left",
      "apps/v1",
      "Deployment",
      { replicas: 2 },
      { ...all(2), replicas: 3 },
      "Progressing",
    ],
    [
      "one not available",
      "apps/v1",
      "Deployment",
      { replicas: 2 },
      { ...all(2), availableReplicas: 1 },
      "Progressing",
    ],
    [
      "the deadline passed",
      "apps/v1",
      "Deployment",
      {},
      { ...all(0), ...is("Progressing", "False", "ProgressDeadlineExceeded") },
      "Failed",
    ],
    ["rolled", "apps/v1", "StatefulSet", { replicas: 2 }, sets, "Ready"],
    [
      "revisions differ",
      "apps/v1",
      "StatefulSet",
      { replicas: 2 },
      { ...sets, updateRevision: "b" },
      "Progressing",
    ],
    [
      "replaced by hand",
      "apps/v1",
      "StatefulSet",
      { replicas: 2, updateStrategy: { type: "OnDelete" } },
      { ...sets, updateRevision: "b", updatedReplicas: 0 },
      "Ready",
    ],
    ["on every node", "apps/v1", "DaemonSet", {}, { ...daemons, updatedNumberScheduled: 2 }, "Ready"],
    ["one node to go", "apps/v1", "DaemonSet", {}, { ...daemons, updatedNumberScheduled: 1 }, "Progressing"],
    ["replicas fail", "apps/v1", "ReplicaSet", {}, { ...all(0), ...is("ReplicaFailure") }, "Failed"],
    ["complete", "batch/v1", "Job", {}, is("Complete"), "Ready"],
    ["running", "batch/v1", "Job", {}, { active: 1 }, "Progressing"],
    ["failed", "batch/v1", "Job", {}, is("Failed"), "Failed"],
    ["says nothing", "batch/v1", "CronJob", {}, {}, "Ready"],
    ["ready", "v1", "Pod", {}, { phase: "Running", ...is("Ready") }, "Ready"],
    ["not scheduled", "v1", "Pod", {}, { phase: "Pending", ...is("PodScheduled", "False") }, "Progressing"],
    ["failed", "v1", "Pod", {}, { phase: "Failed" }, "Failed"],
    ["done", "v1", "Pod", {}, { phase: "Succeeded" }, "Ready"],
    ["with an address", "v1", "Service", { clusterIP: "10.0.0.1" }, {}, "Ready"],
    ["headless", "v1", "Service", { clusterIP: "None" }, {}, "Ready"],
    ["no balancer yet", "v1", "Service", { type: "LoadBalancer", clusterIP: "1" }, {}, "Progressing"],
    ["waits for its first pod", "v1", "PersistentVolumeClaim", {}, { phase: "Pending" }, "Ready"],
    ["lost", "v1", "PersistentVolumeClaim", {}, { phase: "Lost" }, "Failed"],
    [
      "too few",
      "policy/v1",
      "PodDisruptionBudget",
      {},
      { observedGeneration: 2, desiredHealthy: 1 },
      "Progressing",
    ],
    ["established", "apiextensions.k8s.io/v1", "CustomResourceDefinition", {}, is("Established"), "Ready"],
    [
      "names taken",
      "apiextensions.k8s.io/v1",
      "CustomResourceDefinition",
      {},
      is("NamesAccepted", "False"),
      "Failed",
    ],
    ["active", "v1", "Namespace", {}, { phase: "Active" }, "Ready"],
    ["terminating", "v1", "Namespace", {}, { phase: "Terminating" }, "Progressing"],
    ["says nothing", "networking.k8s.io/v1", "Ingress", {}, { loadBalancer: {} }, "Ready"],
    ["plain", "v1", "ConfigMap", {}, undefined, "Ready"],
    ["custom, silent", "test.io/v1", "Widget", {}, undefined, "Ready"],
    ["custom, ready", "test.io/v1", "Widget", {}, is("Ready"), "Ready"],
    ["custom, not available", "test.io/v1", "Widget", {}, is("Available", "False"), "Progressing"],
    ["custom, stalled", "test.io/v1", "Widget", {}, is("Stalled"), "Failed"],
    ["quota", "apps/v1", "Deployment", {}, { ...all(0), ...is("ReplicaFailure") }, "Failed"],
    [
      "no target",
      "autoscaling/v2",
      "HorizontalPodAutoscaler",
      {},
      is("AbleToScale", "False", "FailedGetScale"),
      "Progressing",
    ],
    [
      "no metrics",
      "autoscaling/v2",
      "HorizontalPodAutoscaler",
      {},
      is("ScalingActive", "False", "FailedGetResourceMetric"),
      "Ready",
    ],
    ["failed", "v1", "PersistentVolume", {}, { phase: "Failed" }, "Failed"],
    ["available", "v1", "PersistentVolume", {}, { phase: "Available" }, "Ready"],
    ["denied", "certificates.k8s.io/v1", "CertificateSigningRequest", {}, is("Denied"), "Failed"],
    [
      "signed",
      "certificates.k8s.io/v1",
      "CertificateSigningRequest",
      {},
      { certificate: "x", ...is("Approved") },
      "Ready",
    ],
    [
      "pending",
      "gateway.networking.k8s.io/v1",
      "Gateway",
      {},
      is("Accepted", "False", "Pending"),
      "Progressing",
    ],
    ["refused", "gateway.networking.k8s.io/v1", "Gateway", {}, is("Accepted", "False", "Invalid"), "Failed"],
    ["programmed", "gateway.networking.k8s.io/v1", "Gateway", {}, is("Programmed"), "Ready"],
    [
      "taken by none",
      "gateway.networking.k8s.io/v1",
      "HTTPRoute",
      { parentRefs: [{ name: "g" }] },
      {},
      "Progressing",
    ],
    [
      "half accepted",
      "gateway.networking.k8s.io/v1",
      "HTTPRoute",
      { parentRefs: [{ name: "g" }] },
      {
        parents: [
          {
            conditions: [
              { type: "Accepted", status: "True" },
              { type: "ResolvedRefs", status: "False" },
            ],
          },
        ],
      },
      "Progressing",
    ],
    [
      "accepted",
      "gateway.networking.k8s.io/v1",
      "HTTPRoute",
      { parentRefs: [{ name: "g" }] },
      {
        parents: [
          {
            conditions: [
              { type: "Accepted", status: "True" },
              { type: "ResolvedRefs", status: "True" },
            ],
          },
        ],
      },
      "Ready",
    ],
    [
      "says no phase",
      "admissionregistration.k8s.io/v1",
      "ValidatingWebhookConfiguration",
      {},
      undefined,
      "Ready",
    ],
    ["custom, by phase", "test.io/v1", "Database", {}, { phase: "Provisioning" }, "Progressing"],
    ["custom, by phase", "test.io/v1", "Database", {}, { phase: "Failed", message: "no room" }, "Failed"],
    ["custom, by phase", "test.io/v1", "Database", {}, { phase: "Running" }, "Ready"],
    ["custom, by state", "test.io/v1", "Database", {}, { state: "IN_PROGRESS" }, "Progressing"],
    [
      "custom, conditions before phases",
      "test.io/v1",
      "Database",
      {},
      { phase: "Failed", ...is("Ready") },
      "Ready",
    ],
    ["custom, not synced", "test.io/v1", "Bucket", {}, is("Synced", "False"), "Progressing"],
    ["custom, done", "test.io/v1", "Workflow", {}, is("Completed"), "Ready"],
    [
      "custom, ready by an older generation",
      "test.io/v1",
      "Widget",
      {},
      { conditions: [{ type: "Ready", status: "True", observedGeneration: 1 }] },
      "Progressing",
    ],
    ["custom, behind", "test.io/v1", "Widget", {}, { observedGeneration: 1, ...is("Ready") }, "Progressing"],
  ])("%s: %s %s", (_, apiVersion, kind, spec, status, state) => {
    expect(readinessOf(live(apiVersion, kind, spec, status)).state).toBe(state);
  });

  it.each<[string, object, string]>([
    [
      "an image that cannot be pulled",
      { waiting: { reason: "ImagePullBackOff", message: "no such tag" } },
      "Failed",
    ],
    ["the first try to pull it", { waiting: { reason: "ErrImagePull" } }, "Progressing"],
    ["a name that is none", { waiting: { reason: "InvalidImageName" } }, "Failed"],
    [
      "a missing ConfigMap, which may come",
      { waiting: { reason: "CreateContainerConfigError" } },
      "Progressing",
    ],
    ["a first crash", { waiting: { reason: "CrashLoopBackOff" } }, "Progressing"],
    ["a container that is being made", { waiting: { reason: "ContainerCreating" } }, "Progressing"],
  ])("a pod says early: %s", (_, state, wanted) => {
    const status = { phase: "Pending", containerStatuses: [{ name: "web", restartCount: 1, state }] };
    expect(readinessOf(live("v1", "Pod", {}, status)).state).toBe(wanted);
  });

  it("a pod that crashed again and again is Failed, with its last words", () => {
    const state = { waiting: { reason: "CrashLoopBackOff" } };
    const lastState = { terminated: { exitCode: 3, reason: "Error" } };
    const status = { containerStatuses: [{ name: "web", restartCount: 5, state, lastState }] };
    expect(readinessOf(live("v1", "Pod", {}, status))).toEqual({
      state: "Failed",
      message: "container web: CrashLoopBackOff: Error, exit code 3, 5 restarts",
    });
  });

  it("nothing that is being deleted is ready", () => {
    const object = live("v1", "ConfigMap", {});
    object.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
    expect(readinessOf(object).state).toBe("Progressing");
  });
});

describe("a node's own readyWhen", () => {
  const seen = (status: string): Seen =>
    ({ readiness: { state: "Progressing" }, conditions: [{ type: "Synced", status }] }) as unknown as Seen;
  it.each([
    [[{ type: "Exists" }], "False", "Ready"],
    [[{ type: "ConditionMatch", condition: "Synced" }], "True", "Ready"],
    [[{ type: "ConditionMatch", condition: "Synced" }], "False", "Progressing"],
    [[{ type: "ConditionMatch", condition: "Synced", status: "False" }], "False", "Ready"],
    [[{ type: "DeploymentAvailable" }], "True", "Progressing"],
    [[{ type: "Exists" }, { type: "Oracle" }], "True", "Failed"],
    [[], "True", "Progressing"],
  ])("%j with Synced %s: %s", (checks, status, state) => {
    expect(nodeReadiness(checks, seen(status), () => READY).state).toBe(state);
  });
});

describe("what a readiness is read from", () => {
  const seen = {
    behind: false,
    conditions: [
      { type: "Available", status: "False", message: "0 of 2 pods" },
      { type: "Progressing", status: "True" },
    ],
  } as unknown as Seen;

  it("are the object's conditions, where the rules of its kind decide", () => {
    expect(readinessDetails([], seen, () => READY)).toEqual([
      "Available=False: 0 of 2 pods",
      "Progressing=True",
    ]);
  });

  it("are all of its node's checks, where it has any, and what each says", () => {
    const checks = [
      { type: "Exists" },
      { type: "DeploymentAvailable" },
      { type: "CEL", expression: "self.x" },
    ];
    expect(readinessDetails(checks, seen, () => ({ state: "Progressing", message: "is false" }))).toEqual([
      ...["Exists: Ready", "DeploymentAvailable: 0 of 2 pods", "CEL: is false"],
    ]);
  });

  it("are bounded", () => {
    const loud = Array.from({ length: 40 }, (_, n) => ({
      type: `C${n}`,
      status: "True",
      message: "x".repeat(5_000),
    }));
    const details = readinessDetails([], { ...seen, conditions: loud }, () => READY);
    expect([details.length, Math.max(...details.map((one) => one.length))]).toEqual([16, 256]);
  });
});
