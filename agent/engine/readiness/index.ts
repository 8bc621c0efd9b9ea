import type { ReadyWhen } from "../../../protocol/resources/graph.ts";
import { groupKind, type LiveObject } from "../../kube/index.ts";
import type { Readiness, Seen } from "../model.ts";
import { failed, generic, progressing, READY } from "./conditions.ts";
import { apiService, claim, definition, disruptionBudget, namespace, service } from "./others.ts";
import { daemonSet, deployment, job, pod, replicaSet, statefulSet } from "./workloads.ts";

/** kstatus' rules for built-in kinds; what is not here follows the conventions (see `generic`). */
const RULES: Readonly<Record<string, (object: LiveObject) => Readiness>> = {
  "Deployment.apps": deployment,
  "StatefulSet.apps": statefulSet,
  "DaemonSet.apps": daemonSet,
  "ReplicaSet.apps": replicaSet,
  ReplicationController: replicaSet,
  "Job.batch": job,
  Pod: pod,
  Service: service,
  PersistentVolumeClaim: claim,
  "PodDisruptionBudget.policy": disruptionBudget,
  "CustomResourceDefinition.apiextensions.k8s.io": definition,
  Namespace: namespace,
  "APIService.apiregistration.k8s.io": apiService,
  // These say nothing of their own readiness, or their conditions speak of something else.
  "CronJob.batch": () => READY,
  "Ingress.networking.k8s.io": () => READY,
  "HorizontalPodAutoscaler.autoscaling": () => READY,
};

/** How an object stands by the rules of its kind. */
export function readinessOf(object: LiveObject): Readiness {
  if (object.metadata.deletionTimestamp) return progressing("it is being deleted");
  return (RULES[groupKind(object)] ?? generic)(object);
}

/** How a node's object stands: by its own `readyWhen` where it has any (all must hold), else by its kind. */
export function nodeReadiness(readyWhen: readonly ReadyWhen[], seen: Seen): Readiness {
  if (readyWhen.length === 0) return seen.readiness;
  for (const check of readyWhen) {
    const result = evaluate(check, seen);
    if (result.state !== "Ready") return result;
  }
  return READY;
}

function evaluate(check: ReadyWhen, seen: Seen): Readiness {
  switch (check.type) {
    case "Exists":
      return READY;
    case "ConditionMatch": {
      const { condition = "Ready", status = "True" } = check;
      const found = seen.conditions.find((one) => one.type === condition);
      if (found?.status === status) return READY;
      return progressing(found?.message ?? `waits for ${condition} to be ${status}`);
    }
    default:
      return failed(`this agent does not know the readiness check '${check.type}'`);
  }
}
