import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { formsOf } from "./search.ts";

/** A server that is told secrets: it takes what comes to `/takes`, and repeats what comes to `/echoes` in its refusal. */
export interface Outside {
  /** `127.0.0.1:PORT` */
  host: string;
  /** Of an OpenID provider that lets everybody in, and then repeats the client's secret in place of giving tokens. */
  issuer: string;
  /** Whether a request held this text. */
  heard(text: string): boolean;
  close(): Promise<void>;
}

export async function startOutside(): Promise<Outside> {
  const got: Buffer[] = [];
  let host = "";
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const all = Buffer.concat([Buffer.from(`${JSON.stringify(request.headers)}\n`), ...chunks]);
    got.push(all);
    answer(`http://${host}`, request, response, all.toString());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    issuer: `http://${host}`,
    heard: (text) => formsOf(text).some((form) => got.some((each) => each.includes(form))),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(origin: string, request: IncomingMessage, response: ServerResponse, heard: string): void {
  const url = new URL(request.url ?? "/", origin);
  const json = (status: number, body: unknown) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  if (url.pathname === "/.well-known/openid-configuration") json(200, metadata(origin));
  else if (url.pathname === "/takes") json(200, {});
  else if (url.pathname === "/auth") {
    const { redirect_uri = "", state = "" } = Object.fromEntries(url.searchParams);
    const query = new URLSearchParams({ code: "a-code-that-is-good-for-nothing", state, iss: origin });
    response.writeHead(303, { location: `${redirect_uri}?${query}` }).end();
  } else {
    response.setHeader("x-echo", encodeURIComponent(heard));
    json(403, { error: "invalid_client", error_description: printable(heard), error_uri: heard });
  }
}

/** What RFC 6749, section 5.2, lets stand in a description: a client that checks it takes it. */
const printable = (text: string): string => text.replace(/["\\]/g, "'").replace(/[^\x20-\x7e]/g, " ");

const metadata = (origin: string) => ({
  issuer: origin,
  authorization_endpoint: `${origin}/auth`,
  token_endpoint: `${origin}/echoes`,
  jwks_uri: `${origin}/jwks`,
  response_types_supported: ["code"],
  subject_types_supported: ["public"],
  id_token_signing_alg_values_supported: ["RS256"],
  code_challenge_methods_supported: ["S256"],
});
