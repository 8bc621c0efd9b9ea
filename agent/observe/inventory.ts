import type { Inventory } from "../../protocol/resources/status.ts";
import { type Clock, createReflector, type Kube, type LiveObject, type Reflector } from "../kube/index.ts";

/** What is kept of a node. */
interface NodeFigures {
  ready: boolean;
  cpuMillicores: number;
  memoryBytes: number;
}

export interface InventoryReader {
  read(): Promise<Inventory>;
  stop(): Promise<void>;
}

/** Counts and sums, never names: bounded however large the cluster is. */
export function createInventory(options: {
  kube: Kube;
  clock: Clock;
  onError: (error: unknown) => void;
  managed: () => Inventory["managed"];
}): InventoryReader {
  const { kube, clock, onError } = options;
  const nodes: Reflector<NodeFigures> = createReflector(kube, {
    type: { apiVersion: "v1", kind: "Node" },
    clock,
    transform: figuresOf,
    onError,
  });
  nodes.synced.catch(() => {});
  const count = async (kind: string): Promise<number> => {
    const page = await kube.list({ apiVersion: "v1", kind }, { limit: 1 });
    return page.items.length + (page.remainingItemCount ?? 0);
  };
  return {
    async read() {
      await nodes.synced;
      const [version, namespaces, pods] = await Promise.all([
        kube.serverVersion(),
        count("Namespace"),
        count("Pod"),
      ]);
      const figures = [...nodes.store.values()];
      return {
        kubernetesVersion: version.gitVersion.slice(0, 64),
        nodes: figures.length,
        nodesReady: figures.filter(({ ready }) => ready).length,
        namespaces,
        pods,
        cpuMillicores: sum(figures.map(({ cpuMillicores }) => cpuMillicores)),
        memoryBytes: sum(figures.map(({ memoryBytes }) => memoryBytes)),
        managed: options.managed(),
      };
    },
    stop: () => nodes.stop(),
  };
}

function figuresOf(node: LiveObject): NodeFigures {
  const { conditions = [], allocatable = {} } = (node.status ?? {}) as {
    conditions?: { type: string; status: string }[];
    allocatable?: Record<string, string>;
  };
  return {
    ready: conditions.some(({ type, status }) => type === "Ready" && status === "True"),
    cpuMillicores: Math.round(quantity(allocatable.cpu ?? "0") * 1_000),
    memoryBytes: Math.round(quantity(allocatable.memory ?? "0")),
  };
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

const SUFFIXES: Readonly<Record<string, number>> = {
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** A Kubernetes quantity (`250m`, `16Gi`, `1e3`) as a number; 0 for what is none. */
export function quantity(text: string): number {
  const match = /^([0-9.]+(?:[eE][+-]?[0-9]+)?)([a-zA-Z]{0,2})$/.exec(text);
  const value = Number(match?.[1]);
  const factor = match?.[2] ? SUFFIXES[match[2]] : 1;
  return Number.isFinite(value) && factor !== undefined ? value * factor : 0;
}
