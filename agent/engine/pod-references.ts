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

/** What a workload's pods name, and cannot start without: ServiceAccount, ConfigMaps, Secrets, claims. */
export function podReferences(object: KubeObject, namespace: string | undefined): ObjectRef[] {
  const spec = podSpecOf(object);
  if (spec === undefined) return [];
  const found: ObjectRef[] = [];
  const add = (kind: string, name: unknown) => {
    const named = text(name);
    if (named) found.push({ apiVersion: "v1", kind, name: named, ...(namespace ? { namespace } : {}) });
  };
  add("ServiceAccount", at(spec, "serviceAccountName"));
  for (const secret of list(at(spec, "imagePullSecrets"))) add("Secret", at(secret, "name"));
  for (const volume of list(at(spec, "volumes"))) {
    for (const source of [volume, ...list(at(volume, "projected", "sources"))]) {
      add("ConfigMap", at(source, "configMap", "name"));
      add("Secret", at(source, "secret", "secretName") ?? at(source, "secret", "name"));
    }
    add("PersistentVolumeClaim", at(volume, "persistentVolumeClaim", "claimName"));
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
