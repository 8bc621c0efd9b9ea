import type { Kube, KubeObject } from "../../agent/kube/index.ts";
import { withFinalizer } from "../../protocol/resources/common.ts";
import type { TransformStatus } from "../../protocol/resources/transform.ts";
import { until } from "../lib/until.ts";

const API = "kubenova.io/v1alpha1";

/** One ConfigMap of the context's name, and one more where the input asks for it. */
export const SETTINGS = `package settings
#Input: {
	greeting: string
	copies:   int & >=1 | *1
	more:     bool | *false
}
input: #Input
context: {name: string, namespace: string, ...}
nodes: settings: object: {
	apiVersion: "v1"
	kind:       "ConfigMap"
	metadata: name: context.name
	data: {greeting: input.greeting, copies: "\\(input.copies)"}
}
if input.more {
	nodes: more: object: {
		apiVersion: "v1"
		kind:       "ConfigMap"
		metadata: name: "\\(context.name)-more"
		data: greeting: input.greeting
	}
}
`;

export const inline = (ref: string, input: object) => ({ cueRef: { type: "inline", ref }, input });

export const transform = ({
  namespace,
  name,
  spec,
}: {
  namespace: string;
  name: string;
  spec: object;
}): KubeObject => withFinalizer({ apiVersion: API, kind: "Transform", metadata: { name, namespace }, spec });

/** Waits until the status speaks of the newest generation, and says this phase. */
export async function awaitTransform(
  kube: Kube,
  namespace: string,
  name: string,
  phase: string,
  deadlineMs = 30_000,
): Promise<TransformStatus> {
  const reached = async () => {
    const live = await kube.get({ apiVersion: API, kind: "Transform", namespace, name });
    const status = live.status as TransformStatus | undefined;
    if (status?.phase === phase && status.observedGeneration === live.metadata.generation) return status;
    throw new Error(`it says ${JSON.stringify(status)}`);
  };
  return until(`${namespace}/${name} is ${phase}`, reached, { deadlineMs });
}
