import type { Kube } from "../kube/index.ts";
import type { AgentSubject } from "./render/project.ts";

/** Who this process is to the API server: the one who is given the right to act as the appliers. */
export async function agentSubject(kube: Kube, signal: AbortSignal): Promise<AgentSubject> {
  const body = JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" });
  const answer = await kube.request({
    method: "POST",
    path: "/apis/authentication.k8s.io/v1/selfsubjectreviews",
    headers: { "content-type": "application/json" },
    body,
    signal,
    metric: { verb: "review", resource: "selfsubjectreviews.authentication.k8s.io" },
  });
  const review = JSON.parse(answer.body.toString("utf8")) as {
    status?: { userInfo?: { username?: string } };
  };
  return subjectOf(review.status?.userInfo?.username ?? "");
}

/** @throws Error where the API server does not say who we are */
export function subjectOf(username: string): AgentSubject {
  if (!username) throw new Error("the API server does not say who the agent is");
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username) ?? [];
  return namespace && name ? { kind: "ServiceAccount", namespace, name } : { kind: "User", name: username };
}
