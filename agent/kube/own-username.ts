import type { Kube } from "./types.ts";

/** Who this process is to the API server. @throws Error where it does not say */
export async function ownUsername(kube: Kube, signal: AbortSignal): Promise<string> {
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
  const username = review.status?.userInfo?.username;
  if (!username) throw new Error("the API server does not say who the agent is");
  return username;
}
