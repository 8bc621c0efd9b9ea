import { groupKind, type KubeObject, type ObjectRef, refString } from "../kube/index.ts";
import { at, list, text } from "./model.ts";
import { podLabelsOf, podReferences, podSpecOf } from "./pod-references.ts";

export interface Located {
  id: string;
  ref: ObjectRef;
  object: KubeObject;
}

const RBAC = "rbac.authorization.k8s.io";

/**
 * Edges that nobody should have to write: id → ids it comes after. They run from namespaces and definitions over
 * configuration and rights to workloads and what calls them, never back: alone they can make no cycle.
 */
export function impliedEdges(nodes: readonly Located[]): Map<string, Set<string>> {
  const byKey = new Map(nodes.map((node) => [refString(node.ref), node.id]));
  const definitions = definedKinds(nodes);
  const bindings = bindingsBySubject(nodes);
  const workloads = workloadsBehind(nodes);
  const edges = new Map<string, Set<string>>();

  for (const { id, ref, object } of nodes) {
    const after = new Set<string>();
    const add = (needed: ObjectRef) => {
      const found = byKey.get(refString(needed));
      if (found !== undefined) after.add(found);
    };
    if (ref.namespace) add({ apiVersion: "v1", kind: "Namespace", name: ref.namespace });
    const definition = definitions.get(groupKind(ref));
    if (definition !== undefined) after.add(definition);
    for (const needed of podReferences(object, ref.namespace)) add(needed);
    const account = text(at(podSpecOf(object), "serviceAccountName"));
    if (account) for (const binding of bindings.get(`${ref.namespace}/${account}`) ?? []) after.add(binding);
    for (const needed of namedByKind(ref, object)) add(needed);
    for (const service of servicesOf(ref, object))
      for (const behind of workloads.behind(service)) after.add(behind);
    after.delete(id);
    edges.set(id, after);
  }
  return edges;
}

/** The objects that an object of this kind names and does not work without. */
function namedByKind(ref: ObjectRef, object: KubeObject): ObjectRef[] {
  const inNamespace = ref.namespace ? { namespace: ref.namespace } : {};
  switch (groupKind(ref)) {
    case `RoleBinding.${RBAC}`:
    case `ClusterRoleBinding.${RBAC}`: {
      const kind = text(at(object, "roleRef", "kind")) ?? "";
      const role: ObjectRef = {
        apiVersion: `${RBAC}/v1`,
        kind,
        name: text(at(object, "roleRef", "name")) ?? "",
        ...(kind === "Role" ? inNamespace : {}),
      };
      return [role, ...subjects(object, ref).map((name) => accountRef(name))];
    }
    case "PersistentVolumeClaim": {
      const name = text(at(object, "spec", "storageClassName")) ?? "";
      return [{ apiVersion: "storage.k8s.io/v1", kind: "StorageClass", name }];
    }
    case "HorizontalPodAutoscaler.autoscaling": {
      const target = at(object, "spec", "scaleTargetRef") as Partial<ObjectRef> | undefined;
      if (!target?.apiVersion || !target.kind || !target.name) return [];
      return [{ apiVersion: target.apiVersion, kind: target.kind, name: target.name, ...inNamespace }];
    }
    case "ServiceAccount":
      return list(at(object, "imagePullSecrets")).flatMap((secret) => {
        const name = text(at(secret, "name"));
        return name ? [{ apiVersion: "v1", kind: "Secret", name, ...inNamespace }] : [];
      });
    default:
      return servicesOf(ref, object);
  }
}

/** The Services that the API server calls because of this object: it refuses requests while they do not answer. */
function servicesOf(ref: ObjectRef, object: KubeObject): ObjectRef[] {
  switch (groupKind(ref)) {
    case "ValidatingWebhookConfiguration.admissionregistration.k8s.io":
    case "MutatingWebhookConfiguration.admissionregistration.k8s.io":
      return list(at(object, "webhooks")).flatMap((hook) => serviceOf(at(hook, "clientConfig", "service")));
    case "APIService.apiregistration.k8s.io":
      return serviceOf(at(object, "spec", "service"));
    default:
      return [];
  }
}

/** A Service answers when the workloads do whose pods it selects: their ids, by the Service. */
function workloadsBehind(nodes: readonly Located[]): { behind: (service: ObjectRef) => string[] } {
  const services = new Map(
    nodes.filter(({ ref }) => groupKind(ref) === "Service").map((node) => [refString(node.ref), node.object]),
  );
  const behind = (service: ObjectRef): string[] => {
    const selector = Object.entries(
      (at(services.get(refString(service)), "spec", "selector") ?? {}) as object,
    );
    if (selector.length === 0) return [];
    const selects = ({ ref, object }: Located) =>
      ref.namespace === service.namespace &&
      selector.every(([label, value]) => at(podLabelsOf(object), label) === value);
    return nodes.filter(selects).map(({ id }) => id);
  };
  return { behind };
}

function serviceOf(service: unknown): ObjectRef[] {
  const name = text(at(service, "name"));
  const namespace = text(at(service, "namespace"));
  return name && namespace ? [{ apiVersion: "v1", kind: "Service", namespace, name }] : [];
}

/** `Kind.group` → id of the CustomResourceDefinition among the nodes that brings it. */
function definedKinds(nodes: readonly Located[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const { id, ref, object } of nodes) {
    if (ref.kind !== "CustomResourceDefinition") continue;
    found.set(`${text(at(object, "spec", "names", "kind"))}.${text(at(object, "spec", "group"))}`, id);
  }
  return found;
}

/** `namespace/account` → ids of the bindings that give it rights: its pods start with them, not before. */
function bindingsBySubject(nodes: readonly Located[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { id, ref, object } of nodes) {
    if (ref.kind !== "RoleBinding" && ref.kind !== "ClusterRoleBinding") continue;
    for (const account of subjects(object, ref)) found.set(account, [...(found.get(account) ?? []), id]);
  }
  return found;
}

function subjects(binding: KubeObject, ref: ObjectRef): string[] {
  return list(binding.subjects)
    .filter((subject) => at(subject, "kind") === "ServiceAccount")
    .map((subject) => `${text(at(subject, "namespace")) ?? ref.namespace}/${text(at(subject, "name"))}`);
}

function accountRef(account: string): ObjectRef {
  const [namespace = "", name = ""] = account.split("/");
  return { apiVersion: "v1", kind: "ServiceAccount", namespace, name };
}
