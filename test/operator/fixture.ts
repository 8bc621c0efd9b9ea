import {
  isKind,
  type Kube,
  type KubeObject,
  loadKube,
  type RequestInfo,
  systemClock,
} from "../../agent/kube/index.ts";
import { createLogger, silentLogger } from "../../agent/log.ts";
import { createMetrics } from "../../agent/metrics.ts";
import { startOperator } from "../../agent/operator/index.ts";
import type { OperatorHandle } from "../../agent/operator/types.ts";
import type { AppSource } from "../../domain/apps/spec.ts";
import { projectResource, releaseResource } from "../../domain/desired/index.ts";
import { ANNOTATION } from "../../domain/names/labels.ts";
import { withFinalizer } from "../../protocol/resources/common.ts";
import type { DocumentStatus } from "../../protocol/resources/status.ts";
import type { RenderedStatus } from "../../protocol/resources/tenancy.ts";
import { until } from "../lib/until.ts";
import { type ModuleRun, moduleTools } from "./tools.ts";

export const SYSTEM = "kubenova-system";
export const API = "kubenova.io/v1alpha1";

/** An operator in this process, with every request that it made. */
export interface RunningOperator {
  requests: RequestInfo[];
  statuses: DocumentStatus[];
  synced: Promise<void>;
  handle: OperatorHandle;
  /** Requests that asked the server to change something. */
  writes(): RequestInfo[];
  /** Ends it as the loss of its Lease does: at once, whatever is under way. */
  stop(): Promise<void>;
}

/** What a run is to be like, where it is not the ordinary one. */
export interface OperatorRun {
  /** Writes of statuses of ResourceGraphs are never sent: to end it then is a kill between an apply and its record. */
  withoutGraphStatus?: boolean;
  /** No ResourceGraph is ever written: to end it then is a kill between a rendering and its graph. */
  withoutGraphs?: boolean;
  /** Id of the cluster that this agent speaks for. */
  clusterId?: string;
  /** Of what renders modules. */
  modules?: ModuleRun;
  /** Resolves when a read of a shard may be sent. */
  shardReads?: () => Promise<void>;
}

export async function runOperator(kubeconfig: string, run: OperatorRun = {}): Promise<RunningOperator> {
  const requests: RequestInfo[] = [];
  const statuses: DocumentStatus[] = [];
  const client = await loadKube({ kubeconfig, onRequest: (info) => requests.push(info) });
  const reading = run.shardReads ? holdingShardReads(client, run.shardReads) : client;
  const some = run.withoutGraphs ? holdingGraphs(reading) : reading;
  const kube = run.withoutGraphStatus ? holdingGraphStatus(some) : some;
  const ending = new AbortController();
  const log = process.env.AGENT_LOG
    ? createLogger({ level: "debug", write: (line) => process.stderr.write(line), now: () => Date.now() })
    : silentLogger;
  const tools = await moduleTools(run.modules);
  const handle = startOperator({
    lateRequestMs: 0,
    ...{ kube, log, tools, clock: systemClock, metrics: createMetrics(), namespace: SYSTEM },
    signal: ending.signal,
    ...(run.clusterId ? { clusterId: run.clusterId } : {}),
    onStatus: (some) => statuses.push(...some),
  });
  return {
    requests,
    statuses,
    ...{ synced: handle.synced, handle },
    writes: () =>
      requests.filter(({ verb }) => ["apply", "patch", "create", "update", "delete"].includes(verb)),
    async stop() {
      ending.abort(new Error("the test ends it"));
      await handle.stopped;
      await tools.stop();
      kube.close();
    },
  };
}

function holdingGraphs(kube: Kube): Kube {
  const apply: Kube["apply"] = (object, options) =>
    object.kind === "ResourceGraph" ? never(options?.signal) : kube.apply(object, options);
  return { ...kube, apply };
}

function holdingShardReads(kube: Kube, turn: () => Promise<void>): Kube {
  const get: Kube["get"] = async (ref, options) => {
    if (ref.kind === "ResourceGraphShard") await turn();
    return kube.get(ref, options);
  };
  return { ...kube, get };
}

/** Ends with the signal alone. */
const never = (signal: AbortSignal | undefined): Promise<never> =>
  new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason as Error);
    signal?.addEventListener("abort", () => reject(signal.reason as Error));
  });

function holdingGraphStatus(kube: Kube): Kube {
  const patch: Kube["patch"] = (ref, body, options) => {
    if (ref.kind !== "ResourceGraph" || options?.subresource !== "status")
      return kube.patch(ref, body, options);
    return never(options.signal);
  };
  return { ...kube, patch };
}

const id = (prefix: string, text: string) =>
  `${prefix}_${text
    .replace(/[^a-z0-9]/g, "")
    .toUpperCase()
    .padStart(26, "0")
    .slice(-26)}`;

/** A project with one environment of its own name. */
export const project = (name: string, environments = ["prod"]): KubeObject => ({
  ...withFinalizer(
    projectResource({
      id: id("prj", name),
      name,
      tenant: { id: id("ten", "acme"), name: "acme" },
      environments: environments.map((environment) => ({
        id: id("env", `${name}${environment}`),
        name: environment,
        namespace: namespaceOf(name, environment),
        adopted: false,
      })),
    }),
  ),
});

export const namespaceOf = (name: string, environment = "prod"): string => `acme-${name}-${environment}`;

export interface AppInput {
  project: string;
  name: string;
  source: AppSource;
  revision?: number;
}

export function app({ project: of, name, source, revision = 1 }: AppInput): KubeObject {
  const release = id("rel", `${of}${name}`);
  const resource = releaseResource({
    ...{ id: release, tenant: "acme", project: of, environment: "prod", namespace: namespaceOf(of) },
    ...{ app: name, appId: id("app", `${of}${name}`), source, specDigest: "sha256:0" },
    ...{ revisionId: id("rev", `${name}${revision}`), revisionNumber: revision },
  });
  const annotations = {
    [ANNOTATION.key]: `release/${release}`,
    [ANNOTATION.revision]: String(revision),
    [ANNOTATION.correlation]: `cor-${name}-${revision}`,
  };
  return { ...withFinalizer({ ...resource, metadata: { ...resource.metadata, annotations } }) };
}

export const raw = (...manifests: object[]): AppSource => ({ raw: { manifests } }) as AppSource;

export const configMap = (name: string, data: Record<string, string> = { a: "1" }) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  data,
});

export async function statusOf(
  kube: Kube,
  kind: string,
  name: string,
  namespace?: string,
): Promise<RenderedStatus> {
  const ref = { apiVersion: API, kind, name, ...(namespace ? { namespace } : {}) };
  return ((await kube.get(ref)).status ?? {}) as RenderedStatus;
}

/** Waits until the app's status speaks of its newest generation, and says this phase. */
export async function awaitPhase(
  kube: Kube,
  namespace: string,
  name: string,
  phase: string,
  deadlineMs = 20_000,
): Promise<RenderedStatus> {
  const reached = async () => {
    const live = await kube.get({ apiVersion: API, kind: "NovaApp", namespace, name });
    const status = live.status as RenderedStatus | undefined;
    if (status?.phase === phase && status.observedGeneration === live.metadata.generation) return status;
    throw new Error(`it says ${JSON.stringify(status)}`);
  };
  return until(`${namespace}/${name} is ${phase}`, reached, { deadlineMs });
}

/** True where nothing of this name is there. */
export async function isGone(kube: Kube, ref: Parameters<Kube["get"]>[0]): Promise<boolean> {
  return kube.get(ref).then(
    () => false,
    (error: { kind?: string }) => error.kind === "notFound",
  );
}

/** A project whose environment is there and may be applied to. */
export async function readyProject(kube: Kube, name: string): Promise<string> {
  await kube.apply(project(name));
  const isReady = async () => (await statusOf(kube, "NovaProject", `acme.${name}`)).phase === "Ready";
  await until(`project ${name} is Ready`, isReady);
  return namespaceOf(name);
}

/** Deletes every app and project, and waits until an operator has let them go. */
export async function removeEverything(kube: Kube): Promise<void> {
  for (const kind of ["Transform", "NovaApp", "NovaProject", "NovaTenant"]) {
    const items = async () => (await kube.list({ apiVersion: API, kind })).items;
    for (const { metadata } of await items()) {
      const { name, namespace } = metadata;
      await kube
        .delete({ apiVersion: API, kind, name, ...(namespace ? { namespace } : {}) })
        .catch((error: unknown) => {
          if (!isKind(error, "notFound")) throw error;
        });
    }
    await until(`no ${kind} is left`, async () => (await items()).length === 0, { deadlineMs: 60_000 });
  }
}
