import type { Capabilities, Inventory } from "../../protocol/resources/status.ts";
import type { Clock, Kube } from "../kube/index.ts";
import { errorText, type Logger } from "../log.ts";
import type { Consumer, Link } from "../tunnel/types.ts";
import { type CapabilityInput, readCapabilities } from "./capabilities.ts";
import { createInventory } from "./inventory.ts";

export interface ObserverOptions {
  kube: Kube;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
  managed: () => Inventory["managed"];
  capabilities: () => CapabilityInput;
}

/** What the cluster says of itself: at the hello, and when it has changed. */
export interface Observer extends Consumer {
  current(): { capabilities: Capabilities; inventory?: Inventory };
  stop(): Promise<void>;
}

/** Two cheap lists and a cached discovery; a change is told at the next look. */
const INTERVAL_MS = 30_000;
/** Counts of a busy cluster change all the time: told this often, unless something else changed. */
const COUNTS_INTERVAL_MS = 5 * 60_000;
const FIRST_READ_MS = 5_000;
/** Kinds come with installations: every five minutes is soon enough. */
const DISCOVERY_EVERY = 10;

/** Resolves after the first look, or after a few seconds without one: the hello must not wait for a slow cluster. */
export async function startObserver(options: ObserverOptions): Promise<Observer> {
  const { kube, clock, log, signal } = options;
  const onError = (error: unknown) => log.warn("observing the cluster", { error: errorText(error) });
  const inventory = createInventory({ kube, clock, onError, managed: options.managed });
  let capabilities: Capabilities = { components: {}, flags: {} };
  let figures: Inventory | undefined;
  let told = { essence: "", counts: "", at: Number.NEGATIVE_INFINITY };
  let link: Link | undefined;

  let looks = 0;
  const look = async () => {
    const refresh = looks > 0 && looks % DISCOVERY_EVERY === 0;
    looks += 1;
    capabilities = await readCapabilities(await kube.resourceTypes({ refresh }), options.capabilities());
    figures = await inventory.read();
  };
  const tell = (session: Link) => {
    if (!figures) return;
    const next = digestOf(capabilities, figures);
    const now = clock.monotonic();
    const due = next.essence !== told.essence || now - told.at >= COUNTS_INTERVAL_MS;
    if (!due || (next.essence === told.essence && next.counts === told.counts)) return;
    told = { ...next, at: now };
    session.send({ t: "observed", inventory: figures, capabilities });
  };
  const run = async () => {
    for (;;) {
      await clock.sleep(INTERVAL_MS, signal);
      await look().then(() => link && tell(link), onError);
    }
  };
  const first = look().catch(onError);
  await Promise.race([first, clock.sleep(FIRST_READ_MS, signal).catch(() => {})]);
  // Ends only by the signal.
  run().catch(() => {});

  return {
    current: () => ({ capabilities, ...(figures ? { inventory: figures } : {}) }),
    onWelcome(session) {
      link = session;
      // The hello told it.
      if (figures) told = { ...digestOf(capabilities, figures), at: clock.monotonic() };
    },
    onLost() {
      link = undefined;
    },
    stop: () => inventory.stop(),
  };
}

/** What a person would call a change, apart from counts that move all the time. */
function digestOf(capabilities: Capabilities, inventory: Inventory) {
  const { pods, namespaces, managed, ...rest } = inventory;
  return {
    essence: JSON.stringify([capabilities, rest]),
    counts: JSON.stringify([pods, namespaces, managed]),
  };
}
