/**
 * A process that does what an idle agent's client does, to be measured: signs in as a pod does, holds reflectors and
 * stands for election. Prints its resident memory in MB once everything is synced, after each line on stdin.
 */
import { createInterface } from "node:readline";
import { createReflector, loadKube, startLeaderElection } from "../../agent/kube/index.ts";

const [serviceAccountDir = "", namespace = ""] = process.argv.slice(2);
const kube = await loadKube({ serviceAccountDir });
const kinds = ["v1/ConfigMap", "v1/Service", "v1/Namespace", "apps/v1/Deployment", "batch/v1/Job"];
const reflectors = kinds.map((text) => {
  const cut = text.lastIndexOf("/");
  return createReflector(kube, { type: { apiVersion: text.slice(0, cut), kind: text.slice(cut + 1) } });
});
const election = startLeaderElection(kube, {
  lease: { namespace, name: "idle" },
  identity: "idle",
  onStartedLeading: () => {},
});
await Promise.all(reflectors.map((reflector) => reflector.synced));
const say = () => {
  const objects = reflectors.map((reflector) => reflector.store.size).reduce((a, b) => a + b, 0);
  const residentMb = process.memoryUsage.rss() / 1_000_000;
  process.stdout.write(`${JSON.stringify({ residentMb, objects, leading: election.leading })}\n`);
};
say();
createInterface({ input: process.stdin }).on("line", say);
