import { ApiClient } from "../../test/lib/api.ts";
import { SimulatedAgent, type SimulatedAgentOptions } from "../../test/lib/simulated-agent.ts";
import { type AgentIdentity, enrolCluster } from "../../test/lib/simulated-identity.ts";
import { until } from "../../test/lib/until.ts";
import type { Manager } from "../../test/manager/start.ts";
import { say } from "./figures.ts";

/** Clusters that are registered and enrolled at a time. */
const PARALLEL = 16;

export interface FleetMember {
  name: string;
  identity: AgentIdentity;
}

export const clusterName = (n: number): string => `cluster-${n}`;

/** Registers and enrols so many clusters; nobody is connected yet. @param host what agents will dial */
export async function enrolFleet(manager: Manager, host: string, count: number): Promise<FleetMember[]> {
  say(`enrolling ${count} clusters`);
  const api = new ApiClient(manager);
  const members: FleetMember[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const n = next++;
      const name = clusterName(n);
      members[n] = { name, identity: await enrolCluster(api, host, name) };
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  api.close();
  return members;
}

/** Connects each member, and waits until all are welcome. */
export async function connectFleet(
  url: string,
  members: FleetMember[],
  options: (n: number) => Omit<SimulatedAgentOptions, "manager" | "identity"> = () => ({}),
): Promise<SimulatedAgent[]> {
  const agents: SimulatedAgent[] = [];
  for (const batch of batches(members, 50)) {
    for (const { identity } of batch) {
      agents.push(new SimulatedAgent({ manager: { url }, identity, ...options(agents.length) }));
    }
    await until("the fleet is connected", () => agents.every(({ welcome }) => welcome !== undefined), {
      deadlineMs: 120_000,
    });
  }
  say(`${agents.length} agents are connected`);
  return agents;
}

function* batches<T>(items: T[], size: number): Generator<T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
