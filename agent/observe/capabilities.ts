import type { Capabilities } from "../../protocol/resources/status.ts";
import type { TypeRef } from "../kube/index.ts";
import { VERSION } from "../version.ts";

/** Flags by the kind whose presence they tell (decisions.md 13): what the manager may rely on in this cluster. */
const FLAG_OF_KIND: Readonly<Record<string, TypeRef>> = {
  mutatingAdmissionPolicy: { apiVersion: "admissionregistration.k8s.io/v1", kind: "MutatingAdmissionPolicy" },
  validatingAdmissionPolicy: {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
  },
  gatewayApi: { apiVersion: "gateway.networking.k8s.io/v1", kind: "Gateway" },
  ingress: { apiVersion: "networking.k8s.io/v1", kind: "Ingress" },
  networkPolicy: { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy" },
  metricsApi: { apiVersion: "metrics.k8s.io/v1beta1", kind: "PodMetrics" },
  customResources: { apiVersion: "kubenova.io/v1alpha1", kind: "NovaApp" },
};

export interface CapabilityInput {
  mode: "manage" | "read-only";
  /** Whether the controllers' caches are filled. */
  operatorReady: boolean;
  serviceProxy: boolean;
  /** False where this machine's clock is known to be off. */
  clockInStep: boolean;
}

/** @param types every kind that the API server offers */
export function readCapabilities(types: readonly TypeRef[], input: CapabilityInput): Capabilities {
  const has = new Set(types.map(({ apiVersion, kind }) => `${apiVersion}/${kind}`));
  const flags = Object.entries(FLAG_OF_KIND).map(([flag, { apiVersion, kind }]): [string, boolean] => [
    flag,
    has.has(`${apiVersion}/${kind}`),
  ]);
  return {
    components: {
      agent: { version: VERSION, ready: true },
      ...(input.mode === "manage" ? { operator: { version: VERSION, ready: input.operatorReady } } : {}),
    },
    flags: Object.fromEntries([
      ...flags,
      ["manage", input.mode === "manage"],
      ["serviceProxy", input.serviceProxy],
      ["clockInStep", input.clockInStep],
      ["logs", true],
    ]),
  };
}
