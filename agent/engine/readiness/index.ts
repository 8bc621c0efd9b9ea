import type { ReadyWhen } from "../../../protocol/resources/graph.ts";
import { groupKind, type LiveObject } from "../../kube/index.ts";
import type { Readiness, Seen } from "../model.ts";
import { failed, progressing, READY } from "./conditions.ts";
import { gateway, gatewayClass, route } from "./gateway.ts";
import { generic } from "./generic.ts";
import {
  admissionPolicy,
  apiService,
  autoscaler,
  claim,
  definition,
  disruptionBudget,
  namespace,
  service,
  signingRequest,
  volume,
} from "./others.ts";
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
  PersistentVolume: volume,
  "HorizontalPodAutoscaler.autoscaling": autoscaler,
  "CertificateSigningRequest.certificates.k8s.io": signingRequest,
  "ValidatingAdmissionPolicy.admissionregistration.k8s.io": admissionPolicy,
  "Gateway.gateway.networking.k8s.io": gateway,
  "GatewayClass.gateway.networking.k8s.io": gatewayClass,
  "HTTPRoute.gateway.networking.k8s.io": route,
  "GRPCRoute.gateway.networking.k8s.io": route,
  "TLSRoute.gateway.networking.k8s.io": route,
  "TCPRoute.gateway.networking.k8s.io": route,
  "UDPRoute.gateway.networking.k8s.io": route,
  // These say nothing of their own readiness, or their conditions speak of something else. An Ingress may be served
  // by a controller that publishes no address.
  "CronJob.batch": () => READY,
  "Ingress.networking.k8s.io": () => READY,
};

/** Of each text, and of their number: as the status takes them. */
const MAX_DETAILS = 16;
const MAX_DETAIL = 256;

/** What a node's readiness is read from, and what that says: its checks, or else its object's conditions. */
export function readinessDetails(
  readyWhen: readonly ReadyWhen[],
  seen: Seen,
  byExpression: (check: ReadyWhen) => Readiness,
): string[] {
  const details =
    readyWhen.length > 0
      ? readyWhen.map((check) => {
          const { state, message } = judged(check, seen, byExpression);
          return `${check.type}: ${message ?? state}`;
        })
      : seen.conditions.map(
          ({ type, status, message }) => `${type}=${status}${message ? `: ${message}` : ""}`,
        );
  return details.slice(0, MAX_DETAILS).map((text) => text.slice(0, MAX_DETAIL));
}

/** How an object stands by the rules of its kind. */
export function readinessOf(object: LiveObject): Readiness {
  if (object.metadata.deletionTimestamp) return progressing("it is being deleted");
  return (RULES[groupKind(object)] ?? generic)(object);
}

const CHECKS: readonly string[] = ["Exists", "ConditionMatch", "DeploymentAvailable", "CEL"];

/** A graph may be newer than this agent: what it does not know is said at the node, and the rest goes on. */
export const isKnownCheck = (type: string): boolean => CHECKS.includes(type);

/**
 * How a node's object stands: by its own `readyWhen` where it has any (all must hold), else by its kind. `byExpression`
 * answers for checks of type CEL.
 */
export function nodeReadiness(
  readyWhen: readonly ReadyWhen[],
  seen: Seen,
  byExpression: (check: ReadyWhen) => Readiness,
): Readiness {
  if (readyWhen.length === 0) return seen.readiness;
  for (const check of readyWhen) {
    const result = judged(check, seen, byExpression);
    if (result.state !== "Ready") return result;
  }
  return READY;
}

const judged = (check: ReadyWhen, seen: Seen, byExpression: (check: ReadyWhen) => Readiness): Readiness =>
  check.type === "CEL" ? byExpression(check) : byRule(check, seen);

function byRule(check: ReadyWhen, seen: Seen): Readiness {
  switch (check.type) {
    case "Exists":
      return READY;
    case "DeploymentAvailable":
      return byRule({ type: "ConditionMatch", condition: "Available" }, seen);
    case "ConditionMatch": {
      const { condition = "Ready", status = "True" } = check;
      if (seen.behind) return progressing("its controller has not seen the newest generation");
      const found = seen.conditions.find((one) => one.type === condition);
      if (found?.status === status) return READY;
      return progressing(found?.message ?? `waits for ${condition} to be ${status}`);
    }
    default:
      return failed(`this agent does not know the readiness check '${check.type}'`);
  }
}
