import { createReflector, type LiveObject } from "../../agent/kube/index.ts";
import { API_VERSION } from "../../domain/desired/index.ts";
import { until, untilStill } from "../../test/lib/until.ts";
import { PROJECT } from "./catalogue.ts";
import { round, say } from "./figures.ts";
import { Load } from "./load.ts";
import { NAMESPACE, type RealCluster } from "./real-cluster.ts";

export const APPS = 1_000;
const CONNECTIONS = 16;
/** Readers of the manager once all is written: enough that they do not make the figure. */
const READERS = 4;
const DEADLINE_MS = 300_000;
const LOOK_EVERY_MS = 500;

const nameOf = (n: number): string => `app-${n}`;

/** The one object of an app, and what kubectl applies in the comparison. */
export const configMap = (n: number, namespace?: string) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: nameOf(n), ...(namespace ? { namespace } : {}) },
  data: { "settings.yaml": `app: ${nameOf(n)}\nreplicas: 3\nlog: info\n`, number: String(n) },
});

/** Seconds since the first request. */
export interface Deployed {
  /** All PUTs are answered. */
  put: number;
  /** All are Ready in the API server. */
  cluster: number;
  /** The manager says of each that it is Ready. */
  manager: number;
}

/** Puts the apps through the manager's API, and waits until both sides say that all are Ready. */
export async function deployApps(at: RealCluster): Promise<Deployed> {
  const headers = { authorization: `Bearer ${await at.api.bearer()}` };
  const writers = new Load(at.url, CONNECTIONS);
  const readers = new Load(at.url, READERS);
  const watch = watchReady(at);
  const began = performance.now();
  const seconds = () => round((performance.now() - began) / 1000, 2);
  try {
    say(`PUT of ${APPS} apps, ${CONNECTIONS} connections`);
    const inCluster = watch.all.then(seconds);
    const { seconds: put } = await writers.times(APPS, (n) => ({
      method: "PUT",
      path: `${PROJECT}/apps/${nameOf(n)}`,
      headers,
      body: JSON.stringify({ spec: { specVersion: 1, source: { raw: { manifests: [configMap(n)] } } } }),
    }));
    say(`answered after ${round(put)} s; ${watch.ready()} Ready by then`);
    await everyOneIsReady(readers, headers);
    const manager = seconds();
    const cluster = await inCluster;
    say(`Ready after ${cluster} s in the API server, ${manager} s by the manager`);
    return { put: round(put, 2), cluster, manager };
  } finally {
    await watch.stop();
    writers.close();
    readers.close();
  }
}

/** Asks the manager for each app's release until it is Ready, those put first at first. */
async function everyOneIsReady(readers: Load, headers: Record<string, string>): Promise<void> {
  let next = 0;
  const reader = async (): Promise<void> => {
    for (let n = next++; n < APPS; n = next++) {
      const path = `${PROJECT}/apps/${nameOf(n)}/releases/staging`;
      const isReady = async () => {
        const { phase } = JSON.parse(await readers.ask({ method: "GET", path, headers })) as {
          phase: string;
        };
        return phase === "Ready";
      };
      await until(`${nameOf(n)} is Ready`, isReady, { deadlineMs: DEADLINE_MS, everyMs: 200 });
    }
  };
  await Promise.all(Array.from({ length: READERS }, reader));
}

interface NovaApp extends LiveObject {
  status?: { phase?: string; observedGeneration?: number };
}

/** Follows the apps in the API server. */
function watchReady({ kube }: RealCluster) {
  const ready = new Set<string>();
  const all = Promise.withResolvers<void>();
  const see = ({ metadata, status }: NovaApp) => {
    if (status?.phase === "Ready" && status.observedGeneration === metadata.generation)
      ready.add(metadata.name);
    else ready.delete(metadata.name);
    if (ready.size === APPS) all.resolve();
  };
  const reflector = createReflector<NovaApp>(kube, {
    type: { apiVersion: API_VERSION, kind: "NovaApp" },
    namespace: NAMESPACE,
    transform: (object) => object as NovaApp,
  });
  reflector.on({ added: see, updated: see });
  return { all: all.promise, ready: () => ready.size, stop: () => reflector.stop() };
}

/** Waits until the agent has asked for no change for so long. @returns the writes since the mark */
export const untilQuiet = ({ audit }: RealCluster, mark: number, quietMs: number) =>
  untilStill("the agent is quiet", () => audit.writesSince(mark), {
    stillMs: quietMs,
    deadlineMs: quietMs + DEADLINE_MS,
    everyMs: LOOK_EVERY_MS,
  });
