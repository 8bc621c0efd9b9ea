import http from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";

interface Receiver {
  /** Answers with this; 0 answers never. */
  status: number;
  got: { authorization: string | undefined; body: string }[];
}

/**
 * A real receiver of streamed logs. `POST /NAME` is what it takes, answered by the status that `PUT /NAME` gave it last (200
 * at first; 0: it hangs); `GET /NAME` tells what it took.
 */
export default async function siem(project: TestProject): Promise<() => Promise<void>> {
  const receivers = new Map<string, Receiver>();
  const server = http.createServer(async (request, response) => {
    const name = request.url ?? "/";
    const receiver = receivers.get(name) ?? { status: 200, got: [] };
    receivers.set(name, receiver);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    if (request.method === "GET") return void response.end(JSON.stringify(receiver.got));
    if (request.method === "PUT") {
      receiver.status = Number(body);
      return void response.end();
    }
    if (receiver.status === 0) return;
    const { authorization } = request.headers;
    if (receiver.status < 300) receiver.got.push({ authorization, body });
    response.writeHead(receiver.status).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  project.provide("siem", `127.0.0.1:${(server.address() as AddressInfo).port}`);
  return async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
}
