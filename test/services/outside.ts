import http from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";

/** Names that the resolver at /dns-query knows, and their addresses. */
const NAMES: Record<string, string[]> = {
  "public.kubenova.dev": ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"],
  "inside.kubenova.dev": ["10.0.0.7"],
  "both.kubenova.dev": ["93.184.215.14", "127.0.0.1"],
  "mapped.kubenova.dev": ["::ffff:169.254.169.254"],
};

/** A real server for what goes out of the Worker: `/echo`, `/status/302?to=URL`, `/bytes/N`, `/never`, `/dns-query`. */
export default async function outside(project: TestProject): Promise<() => Promise<void>> {
  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://outside");
    const [, what, value = ""] = url.pathname.split("/");
    if (what === "echo") return void echo(request, response);
    if (what === "status") {
      return void response.writeHead(Number(value), { location: url.searchParams.get("to") ?? "" }).end();
    }
    if (what === "bytes") return void response.end("a".repeat(Number(value)));
    if (what === "dns-query") return void response.end(JSON.stringify(resolve(url.searchParams)));
    if (what === "never") return void response.writeHead(200).write("and then nothing more");
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  project.provide("outside", `127.0.0.1:${(server.address() as AddressInfo).port}`);
  return async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
}

async function echo(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { method, headers } = request;
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ method, headers, body: Buffer.concat(chunks).toString() }));
}

function resolve(query: URLSearchParams): unknown {
  const type = query.get("type") === "AAAA" ? 28 : 1;
  const addresses = NAMES[query.get("name") ?? ""];
  if (!addresses) return { Status: 3 };
  const ofType = addresses.filter((address) => address.includes(":") === (type === 28));
  return { Status: 0, Answer: ofType.map((data) => ({ name: query.get("name"), type, TTL: 60, data })) };
}
