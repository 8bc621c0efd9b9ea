/** A token server of the distribution specification, with whose tokens a real docker-registry lets its callers in. */

import { createPrivateKey, randomUUID, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { SignJWT } from "jose";
import type { Certificate } from "../manager/certificate.ts";

export interface TokenRequest {
  method: string;
  service: string | null;
  scope: string | null;
  /** `user:password` of a Basic header. */
  basic?: string;
  refreshToken?: string;
}

export interface TokenServer {
  realm: string;
  service: string;
  issuer: string;
  /** What it was asked, in order. */
  requests: TokenRequest[];
  close(): Promise<void>;
}

/** Gives a token to whom `isWelcome` says; signs with the certificate's key. */
export async function startTokenServer(
  signer: Certificate,
  isWelcome: (request: TokenRequest) => boolean,
): Promise<TokenServer> {
  const [service, issuer] = ["test-registry", "test-issuer"];
  const requests: TokenRequest[] = [];
  const key = createPrivateKey(readFileSync(signer.key));
  const chain = [new X509Certificate(readFileSync(signer.cert)).raw.toString("base64")];

  const sign = (scope: string) => {
    const [type = "", name = "", actions = ""] = scope.split(":");
    return new SignJWT({ access: [{ type, name, actions: actions.split(",") }] })
      .setProtectedHeader({ alg: "ES256", typ: "JWT", x5c: chain })
      .setIssuer(issuer)
      .setAudience(service)
      .setSubject("test")
      .setJti(randomUUID())
      .setIssuedAt()
      .setNotBefore("-10s")
      .setExpirationTime("5m")
      .sign(key);
  };
  const server = createServer(async (message, answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const isForm = message.method === "POST";
    const fields = isForm
      ? new URLSearchParams(Buffer.concat(chunks).toString())
      : new URL(message.url ?? "", "http://token").searchParams;
    const request = {
      method: message.method ?? "",
      service: fields.get("service"),
      scope: fields.get("scope"),
      ...basicOf(message.headers.authorization),
      ...(fields.get("refresh_token") ? { refreshToken: fields.get("refresh_token") ?? "" } : {}),
    };
    requests.push(request);
    if (!isWelcome(request)) return answer.writeHead(401).end();
    const token = await sign(request.scope ?? "");
    answer.writeHead(200, { "content-type": "application/json" });
    answer.end(JSON.stringify(isForm ? { access_token: token } : { token }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    realm: `http://127.0.0.1:${port}/token`,
    service,
    issuer,
    requests,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function basicOf(header: string | undefined): { basic?: string } {
  if (!header?.startsWith("Basic ")) return {};
  return { basic: Buffer.from(header.slice("Basic ".length), "base64").toString() };
}
