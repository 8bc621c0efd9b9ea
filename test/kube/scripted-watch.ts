import type { ServerResponse } from "node:http";
import { createReflector, type Reflector } from "../../agent/kube/index.ts";
import { createManualClock } from "./manual-clock.ts";
import { startStub } from "./stub-server.ts";

/** Watches and lists of ConfigMaps by a server that breaks the rules. */
const type = { apiVersion: "v1", kind: "ConfigMap" };
export const object = (name: string, resourceVersion: string) => ({
  ...type,
  metadata: { namespace: "x", name, uid: `uid-${name}`, resourceVersion },
});
export const event = (kind: string, name: string, version: string) =>
  `${JSON.stringify({ type: kind, object: object(name, version) })}\n`;
export const bookmark = (version: string, end = false) =>
  `${JSON.stringify({
    type: "BOOKMARK",
    object: {
      ...type,
      metadata: {
        resourceVersion: version,
        ...(end ? { annotations: { "k8s.io/initial-events-end": "true" } } : {}),
      },
    },
  })}\n`;

export type Turn = (response: ServerResponse, url: URL) => void;

/** Answers the n-th watch or list with the n-th turn, later ones never. */
export async function scripted(turns: Turn[]) {
  const urls: URL[] = [];
  const stub = await startStub((request, response) => {
    const url = new URL(request.url ?? "", "http://x");
    urls.push(url);
    turns.shift()?.(response, url);
  });
  const clock = createManualClock();
  const told: string[] = [];
  const errors: string[] = [];
  const reflector: Reflector = createReflector(stub.kube, {
    type,
    clock,
    random: () => 0,
    onError: (error) => errors.push(String(error)),
  });
  reflector.on({
    added: (_, key) => told.push(`+${key}`),
    updated: (now, old, key) =>
      told.push(`~${key} ${old.metadata.resourceVersion}→${now.metadata.resourceVersion}`),
    deleted: (_, key) => told.push(`-${key}`),
  });
  const close = async () => {
    await reflector.stop();
    await stub.close();
  };
  return { reflector, clock, told, errors, urls, close };
}
