import https from "node:https";
import type { Kube } from "../../agent/kube/index.ts";
import type { GraphNode } from "../../protocol/resources/graph.ts";

/** Server-side apply of objects of one namespace over so many connections, and nothing else: the floor. */
export async function rawApply(
  kube: Kube,
  objects: readonly GraphNode["object"][],
  connections: number,
): Promise<void> {
  const target = await kube.connectTarget("/");
  const agent = new https.Agent({ ...target.tls, keepAlive: true, maxSockets: connections });
  const requests = await Promise.all(
    objects.map(async (object) => ({ path: await pathOf(kube, object), body: JSON.stringify(object) })),
  );
  let next = 0;
  const worker = async () => {
    for (let request = requests[next++]; request; request = requests[next++])
      await patch(target.url, { ...target.headers }, agent, request);
  };
  try {
    await Promise.all(Array.from({ length: connections }, worker));
  } finally {
    agent.destroy();
  }
}

async function pathOf(kube: Kube, { apiVersion, kind, metadata }: GraphNode["object"]): Promise<string> {
  const { resource } = await kube.resolve({ apiVersion, kind });
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${root}/namespaces/${metadata.namespace}/${resource}/${metadata.name}?fieldManager=floor`;
}

function patch(
  server: URL,
  headers: Record<string, string | string[]>,
  agent: https.Agent,
  { path, body }: { path: string; body: string },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = {
      ...{ method: "PATCH", hostname: server.hostname, port: server.port, path, agent },
      headers: {
        ...headers,
        "content-type": "application/apply-patch+yaml",
        "content-length": Buffer.byteLength(body),
      },
    };
    const request = https.request(options, (response) => {
      response.resume();
      response.once("end", () =>
        response.statusCode === 200 || response.statusCode === 201
          ? resolve()
          : reject(new Error(`${path} answered ${response.statusCode}`)),
      );
    });
    request.once("error", reject);
    request.end(body);
  });
}
