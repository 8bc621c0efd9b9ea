import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";
import { type Issuer, startIssuer } from "./oidc-issuer.ts";

/**
 * Real OpenID providers (npm oidc-provider) on one port, each under a path of its own: `POST /issuers` makes one.
 * `POST /issuers/N/keys` gives it new signing keys, `POST /issuers/N/lie` with JSON makes its answers lie.
 */
export interface OidcServer {
  /** `127.0.0.1:PORT` */
  host: string;
  close(): Promise<void>;
}

export async function startOidcServer(): Promise<OidcServer> {
  const issuers: Issuer[] = [];
  let host = "";
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, what, number = "", ...rest] = (request.url ?? "/").split("/");
    if (what === "i") return issuers[Number(number)]?.serve(request, response, `/${rest.join("/")}`);
    if (what !== "issuers" || request.method !== "POST") return void response.writeHead(404).end();
    const body = await readJson(request);
    if (number === "") {
      const issuer = await startIssuer(`http://${host}/i/${issuers.length}`);
      issuers.push(issuer);
      return json(response, { issuer: issuer.url, control: `http://${host}/issuers/${issuers.length - 1}` });
    }
    const issuer = issuers[Number(number)];
    if (rest[0] === "keys") await issuer?.rotateKeys();
    if (rest[0] === "lie") issuer?.lie(body);
    json(response, { asked: issuer?.asked ?? {} });
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The URL of one more provider. @param host of the server */
export async function newIssuer(host: string): Promise<string> {
  const made = await fetch(`http://${host}/issuers`, { method: "POST" });
  return ((await made.json()) as { issuer: string }).issuer;
}

/** For tests inside workerd, which cannot start a server. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startOidcServer();
  project.provide("oidc", server.host);
  return () => server.close();
}

const json = (response: ServerResponse, body: unknown): void =>
  void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === "" ? {} : JSON.parse(text);
}
