/** Requests for the renderer's tests: a small module, and a renderer that is stopped with its test. */
import { systemClock } from "../../agent/kube/index.ts";
import { createLogger } from "../../agent/log.ts";
import { createMetrics, type Metrics } from "../../agent/metrics.ts";
import type { RenderLimits } from "../../agent/renderer/limits.ts";
import { createRenderer, type Renderer, type RenderInput } from "../../agent/renderer/renderer.ts";
import { rendererBinary } from "./renderer.ts";

export const MODULE = `package app

#Input: {
	image!:   string
	replicas: *1 | int & >=1 & <=5
	env: [string]: string
}
input: #Input
context: {name: string, namespace: string, ...}
nodes: config: object: {
	apiVersion: "v1"
	kind:       "ConfigMap"
	metadata: name: context.name
	data: input.env
}
nodes: web: {
	object: {
		apiVersion: "apps/v1"
		kind:       "Deployment"
		metadata: name: context.name
		spec: {
			replicas: input.replicas
			template: spec: containers: [{name: "web", image: input.image}]
		}
	}
	dependsOn: ["config"]
}
`;

export const INPUT = { image: "registry.example/web:1", replicas: 2 };

/** What is not said is that of an ordinary request. */
export const request = (some: Partial<RenderInput> = {}): RenderInput => ({
  language: "cue",
  module: { files: { "app.cue": MODULE } },
  dependencies: {},
  input: INPUT,
  context: { name: "web", namespace: "acme" },
  policies: [],
  ...some,
});

/** A module of one file, whose nodes are none unless it says so. */
export const module = (text: string, ...imports: string[]): RenderInput["module"] => ({
  files: {
    "app.cue": ["package app", ...imports.map((path) => `import "${path}"`), "#Input: {...}", text].join(
      "\n",
    ),
  },
});

export interface TestRenderer extends Renderer {
  metrics: Metrics;
  log: string[];
}

export async function testRenderer(
  limits: Partial<RenderLimits> = {},
  binary?: string,
): Promise<TestRenderer> {
  const metrics = createMetrics();
  const log: string[] = [];
  const options = { level: "debug", write: (line: string) => log.push(line), now: Date.now } as const;
  const renderer = createRenderer({
    binary: binary ?? (await rendererBinary()),
    ...{ clock: systemClock, log: createLogger(options), metrics, limits },
  });
  return { ...renderer, metrics, log };
}
