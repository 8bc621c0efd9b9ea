/**
 * 200 PUTs of an app, one after the other at an even pace: in turn a new app, and the same app with another image. From
 * the moment when the PUT is sent to the one when a watch of the API server brings its Deployment.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { createReflector, type LiveObject } from "../agent/kube/index.ts";
import { appBody, PROJECT } from "./lib/catalogue.ts";
import { percentile, round, say } from "./lib/figures.ts";
import { type Change, describeSteps, writesOf } from "./lib/hops.ts";
import { NAMESPACE, type RealCluster, withRealCluster } from "./lib/real-cluster.ts";

const CHANGES = 200;
const PACE_MS = 250;
const DEADLINE_MS = 30_000;

interface Measured extends Change {
  isNew: boolean;
  answered: number;
}

export const run = (): Promise<Record<string, number | string>> =>
  withRealCluster("bench-deploy-latency", async (at) => {
    const watch = await watchImages(at);
    try {
      const measured = await putAll(at, watch.stored);
      breakDown(at, measured);
      const took = (some: Measured[]) => some.map(({ sent, stored }) => stored - sent);
      const all = took(measured);
      const made = took(measured.filter(({ isNew }) => isNew));
      const changed = took(measured.filter(({ isNew }) => !isNew));
      return {
        p50_ms: round(percentile(all, 0.5)),
        p99_ms: round(percentile(all, 0.99)),
        ...{ new_p50_ms: round(percentile(made, 0.5)), new_p99_ms: round(percentile(made, 0.99)) },
        ...{
          changed_p50_ms: round(percentile(changed, 0.5)),
          changed_p99_ms: round(percentile(changed, 0.99)),
        },
        changes: all.length,
      };
    } finally {
      await watch.stop();
    }
  });

/** Milliseconds since 1970, with fractions: the API server's clock is this machine's. */
const now = (): number => performance.timeOrigin + performance.now();

async function putAll({ api }: RealCluster, stored: Watch["stored"]): Promise<Measured[]> {
  say(`${CHANGES} PUTs, one each ${PACE_MS} ms`);
  const measured: Measured[] = [];
  const began = now();
  for (let n = 0; n < CHANGES; n++) {
    await sleep(Math.max(0, began + n * PACE_MS - now()));
    const isNew = n % 2 === 0;
    const name = `app-${Math.floor(n / 2)}`;
    const arrival = stored(name, isNew ? 1 : 2);
    const sent = now();
    await api.put(`${PROJECT}/apps/${name}`, appBody(isNew ? 1 : 2));
    const answered = now();
    measured.push({ name, isNew, sent, answered, stored: await arrival });
  }
  return measured;
}

interface Watch {
  /** Resolves with the time when the Deployment of an app in a version was seen; rejects after a while. */
  stored(app: string, version: number): Promise<number>;
  stop(): Promise<void>;
}

async function watchImages({ kube }: RealCluster): Promise<Watch> {
  const waiting = new Map<string, (at: number) => void>();
  const reflector = createReflector<LiveObject>(kube, {
    type: { apiVersion: "apps/v1", kind: "Deployment" },
    namespace: NAMESPACE,
  });
  const seen = (deployment: LiveObject): void => {
    const spec = deployment.spec as { template: { spec: { containers: { image: string }[] } } };
    const version = spec.template.spec.containers[0]?.image.split(":").at(-1);
    const key = `${deployment.metadata.name}@${version}`;
    waiting.get(key)?.(now());
    waiting.delete(key);
  };
  reflector.on({ added: seen, updated: seen });
  await reflector.synced;
  return {
    stored: (app, version) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`${app} is not there in ${version}`)), DEADLINE_MS);
        waiting.set(`${app}@${version}`, (at) => {
          clearTimeout(late);
          resolve(at);
        });
      }),
    stop: () => reflector.stop(),
  };
}

/** Where the time went, on stderr: milliseconds after the PUT was sent. */
function breakDown({ cluster }: RealCluster, measured: Measured[]): void {
  if (!cluster.auditLog) return;
  const writes = writesOf(cluster.auditLog, measured);
  const steps = measured.map(({ sent, answered, stored }, n) => ({
    sent,
    "PUT answered": answered,
    ...writes[n],
    "Deployment seen": stored,
  }));
  say(`p50/p99 ms after the PUT was sent, and of how many:`);
  for (const kind of [true, false]) {
    const some = steps.filter((_, n) => measured[n]?.isNew === kind);
    say(`  ${kind ? "new app" : "changed app"}: ${describeSteps(some)}`);
  }
}
