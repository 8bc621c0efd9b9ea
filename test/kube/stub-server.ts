import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createKube, type Kube, type KubeOptions } from "../../agent/kube/index.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Aggregated discovery with ConfigMaps alone, in the shape a v1.36 server answers. */
const CORE = {
  kind: "APIGroupDiscoveryList",
  apiVersion: "apidiscovery.k8s.io/v2",
  items: [
    {
      metadata: {},
      versions: [
        {
          version: "v1",
          freshness: "Current",
          resources: [
            {
              resource: "configmaps",
              responseKind: { group: "", version: "v1", kind: "ConfigMap" },
              scope: "Namespaced",
              verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
            },
          ],
        },
      ],
    },
  ],
};

/**
 * A server that behaves as no API server should: for what a real one cannot be made to do on demand. Discovery
 * works; everything else is the handler's.
 */
export async function startStub(
  handler: Handler,
  options: KubeOptions = {},
): Promise<{ kube: Kube; requests: string[]; close(): Promise<void> }> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const url = request.url ?? "";
    if (url === "/api") return void response.end(JSON.stringify(CORE));
    if (url === "/apis") return void response.end(JSON.stringify({ ...CORE, items: [] }));
    requests.push(`${request.method} ${url}`);
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const source = {
    server: new URL(`http://127.0.0.1:${port}`),
    read: async () => ({ headers: {}, tls: {} }),
  };
  const kube = createKube(source, options);
  return {
    kube,
    requests,
    async close() {
      kube.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
