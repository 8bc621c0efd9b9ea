import type { KubeObject, ObjectRef } from "../kube/index.ts";
import { at, list, text } from "./model.ts";

/** Where each built-in workload keeps its pods' specification. */
const POD_SPEC: Readonly<Record<string, readonly string[]>> = {
  Pod: ["spec"],
  Deployment: ["spec", "template", "spec"],
  StatefulSet: ["spec", "template", "spec"],
  DaemonSet: ["spec", "template", "spec"],
  ReplicaSet: ["spec", "template", "spec"],
  ReplicationController: ["spec", "template", "spec"],
  Job: ["spec", "template", "spec"],
  CronJob: ["spec", "jobTemplate", "spec", "template", "spec"],
};

export function podSpecOf(object: KubeObject): unknown {
  const group = object.apiVersion.split("/")[0];
  const path = POD_SPEC[object.kind];
  return path && (group === "v1" || group === "apps" || group === "batch") ? at(object, ...path) : undefined;
}

/** Labels of the pods that a workload which keeps running makes. */
export function podLabelsOf(object: KubeObject): unknown {
  if (podSpecOf(object) === undefined || object.kind === "Job" || object.kind === "CronJob") return undefined;
  return object.kind === "Pod"
    ? object.metadata.labels
    : at(object, "spec", "template", "metadata", "labels");
}

/** What a workload's pods name, and cannot start without: ServiceAccount, ConfigMaps, Secrets, claims, classes. */
export function podReferences(object: KubeObject, namespace: string | undefined): ObjectRef[] {
  const spec = podSpecOf(object);
  if (spec === undefined) return [];
  const found: ObjectRef[] = [];
  const add = (kind: string, name: unknown) => {
    const named = text(name);
    if (named) found.push({ apiVersion: "v1", kind, name: named, ...(namespace ? { namespace } : {}) });
  };
  const addToCluster = (apiVersion: string, kind: string, name: unknown) => {
    const named = text(name);
    if (named) found.push({ apiVersion, kind, name: named });
  };
  add("ServiceAccount", at(spec, "serviceAccountName"));
  addToCluster("scheduling.k8s.io/v1", "PriorityClass", at(spec, "priorityClassName"));
  addToCluster("node.k8s.io/v1", "RuntimeClass", at(spec, "runtimeClassName"));
  for (const template of list(at(object, "spec", "volumeClaimTemplates")))
    addToCluster("storage.k8s.io/v1", "StorageClass", at(template, "spec", "storageClassName"));
  for (const secret of list(at(spec, "imagePullSecrets"))) add("Secret", at(secret, "name"));
  for (const volume of list(at(spec, "volumes"))) {
    for (const source of [volume, ...list(at(volume, "projected", "sources"))]) {
      add("ConfigMap", at(source, "configMap", "name"));
      add("Secret", at(source, "secret", "secretName") ?? at(source, "secret", "name"));
    }
    add("PersistentVolumeClaim", at(volume, "persistentVolumeClaim", "claimName"));
    add("Secret", at(volume, "csi", "nodePublishSecretRef", "name"));
    const claimed = at(volume, "ephemeral", "volumeClaimTemplate", "spec", "storageClassName");
    addToCluster("storage.k8s.io/v1", "StorageClass", claimed);
  }
  for (const kind of ["containers", "initContainers", "ephemeralContainers"]) {
    for (const container of list(at(spec, kind))) {
      for (const from of list(at(container, "envFrom"))) {
        add("ConfigMap", at(from, "configMapRef", "name"));
        add("Secret", at(from, "secretRef", "name"));
      }
      for (const env of list(at(container, "env"))) {
        add("ConfigMap", at(env, "valueFrom", "configMapKeyRef", "name"));
        add("Secret", at(env, "valueFrom", "secretKeyRef", "name"));
      }
    }
  }
  return found;
}
