/** Just enough of an API client to see whether a cluster is well. */

import { readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";

const TIMEOUT_MS = 5000;

/** GET as the administrator. Rejects for every answer but a 2xx one. */
export function get(directory: string, server: string, path: string): Promise<string> {
  const file = (name: string) => readFileSync(join(directory, "certificates", name));
  const options = {
    ca: file("ca.crt"),
    cert: file("admin.crt"),
    key: file("admin.key"),
    timeout: TIMEOUT_MS,
    agent: false as const,
  };
  return new Promise((resolve, reject) => {
    const call = request(new URL(path, server), options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => {
        const status = response.statusCode ?? 0;
        if (status >= 200 && status < 300) resolve(text);
        else reject(new Error(`GET ${path}: ${status} ${text.slice(0, 200)}`));
      });
      response.on("error", reject);
    });
    call.on("timeout", () => call.destroy(new Error(`GET ${path}: no answer within ${TIMEOUT_MS} ms`)));
    call.on("error", reject);
    call.end();
  });
}

type Node = { status?: { conditions?: { type: string; status: string }[] } };

export async function isNodeReady(directory: string, server: string, name: string): Promise<boolean> {
  const node = JSON.parse(await get(directory, server, `/api/v1/nodes/${name}`)) as Node;
  return node.status?.conditions?.some((c) => c.type === "Ready" && c.status === "True") ?? false;
}
