import { describe, expect, it } from "vitest";
import { removalOrder } from "./removal-order.ts";

const ref = (kind: string, name: string, namespace?: string, apiVersion = "v1") => ({
  apiVersion,
  kind,
  name,
  ...(namespace ? { namespace } : {}),
});
const deployment = ref("Deployment", "web", "a", "apps/v1");
const settings = ref("ConfigMap", "settings", "a");
const elsewhere = ref("ConfigMap", "settings", "b");
const definition = ref("CustomResourceDefinition", "caches.acme.io", undefined, "apiextensions.k8s.io/v1");
const instance = ref("Cache", "c", "b", "acme.io/v1");
const namespace = ref("Namespace", "a");
const clusterRole = ref("ClusterRole", "r", undefined, "rbac.authorization.k8s.io/v1");

describe("what waits in a removal without a graph", () => {
  it.each([
    ["what runs waits for nothing", [deployment, settings, namespace], deployment, false],
    ["what it may need waits for it", [deployment, settings], settings, true],
    ["what another namespace needs does not", [deployment, elsewhere], elsewhere, false],
    ["a namespace waits for all that is in it", [settings, namespace], namespace, true],
    ["a namespace does not wait for others' objects", [elsewhere, namespace], namespace, false],
    ["a definition waits for its instances", [instance, definition], definition, true],
    ["a definition does not wait for other groups", [deployment, definition], definition, false],
    ["a cluster-wide role waits for all that runs", [deployment, clusterRole], clusterRole, true],
    [
      "what is in a namespace waits for cluster-wide things that run",
      [ref("ValidatingWebhookConfiguration", "w", undefined, "admissionregistration.k8s.io/v1"), settings],
      settings,
      true,
    ],
  ])("%s", (_, remaining, one, waits) => expect(removalOrder(remaining)(one)).toBe(waits));
});
