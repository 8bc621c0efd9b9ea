/**
 * A process that runs the controllers and the engine until it is killed: `operator-child.ts KUBECONFIG RENDERER`. Told so by its
 * parent, it kills itself about its n-th write from then on, as `kill -9` does. Tells its parent each write that it begins,
 * and each request that is answered.
 */
import { readFileSync } from "node:fs";
import { modulesConfig } from "../../agent/config-modules.ts";
import { type Kube, loadKube, systemClock } from "../../agent/kube/index.ts";
import { createLogger, silentLogger } from "../../agent/log.ts";
import { createMetrics } from "../../agent/metrics.ts";
import { startModules } from "../../agent/modules.ts";
import { startOperator } from "../../agent/operator/index.ts";
import { SYSTEM_NAMESPACE } from "../../domain/names/labels.ts";
import type { ChildMessage, KillAt } from "./operator-process.ts";

/** By then a request of this machine is with the API server, and often not yet answered. */
const SENT_MS = 2;

const [kubeconfig = "", renderer = ""] = process.argv.slice(2);
const tell = (message: ChildMessage) => void process.send?.(message);
const die = () => process.kill(process.pid, "SIGKILL");

let writes = 0;
let requests = 0;
let end: KillAt | undefined;
process.on("message", (killAt: KillAt) => {
  end = { ...killAt, write: writes + killAt.write };
});
async function counted<T>(work: () => Promise<T>): Promise<T> {
  writes += 1;
  const last = writes === end?.write ? end.moment : undefined;
  tell({ writes });
  if (last === "before") die();
  if (last === "sent") setTimeout(die, SENT_MS);
  const answer = await work();
  if (last === "after") die();
  return answer;
}

const onRequest = () => {
  requests += 1;
  tell({ requests });
};

function countingWrites(kube: Kube): Kube {
  return {
    ...kube,
    create: (object, options) => counted(() => kube.create(object, options)),
    apply: (object, options) => counted(() => kube.apply(object, options)),
    patch: (ref, patch, options) => counted(() => kube.patch(ref, patch, options)),
    replace: (object, options) => counted(() => kube.replace(object, options)),
    delete: (ref, options) => counted(() => kube.delete(ref, options)),
  };
}

process.once("disconnect", () => process.exit(0));
const log = process.env.AGENT_LOG
  ? createLogger({ level: "debug", write: (line) => process.stderr.write(line), now: () => Date.now() })
  : silentLogger;
/** Modules are inline, if there are any: nothing is fetched. */
const config = modulesConfig({ KUBENOVA_RENDERER: renderer }, (path) => readFileSync(path, "utf8"));
const tools = startModules(config, { clock: systemClock, log, metrics: createMetrics() });
const operator = startOperator({
  lateRequestMs: 0,
  ...{ kube: countingWrites(await loadKube({ kubeconfig, onRequest })), log, clock: systemClock },
  ...{ metrics: createMetrics(), namespace: SYSTEM_NAMESPACE, signal: new AbortController().signal },
  tools,
  onStatus: () => {},
});
await operator.synced;
tell({ synced: true });
