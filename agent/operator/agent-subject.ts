import type { Kube } from "../kube/index.ts";
import { ownUsername } from "../kube/own-username.ts";
import type { AgentSubject } from "./render/project.ts";

/** Who this process is to the API server: the one who is given the right to act as the appliers. */
export const agentSubject = async (kube: Kube, signal: AbortSignal): Promise<AgentSubject> =>
  subjectOf(await ownUsername(kube, signal));

export function subjectOf(username: string): AgentSubject {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username) ?? [];
  return namespace && name ? { kind: "ServiceAccount", namespace, name } : { kind: "User", name: username };
}
