import http from "node:http";
import type { AddressInfo } from "node:net";
import type { Metrics } from "../metrics.ts";
import { type HealthInput, healthz, readyz, type Verdict } from "./health.ts";

export interface HttpServer {
  readonly port: number;
  close(): Promise<void>;
}

/** /healthz, /readyz and /metrics for the kubelet and Prometheus. It answers GET, knows no one and tells no secret. */
export async function startHttp(options: {
  host: string;
  port: number;
  health: () => HealthInput;
  metrics: Metrics;
}): Promise<HttpServer> {
  const { health, metrics } = options;
  const server = http.createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, (request, response) => {
    const send = (status: number, type: string, body: string) => {
      response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
      response.end(request.method === "HEAD" ? undefined : body);
    };
    const verdict = ({ ok, body }: Verdict) =>
      send(ok ? 200 : 503, "application/json", `${JSON.stringify(body)}\n`);
    if (request.method !== "GET" && request.method !== "HEAD") return send(405, "text/plain", "GET only\n");
    switch (request.url?.split("?", 1)[0]) {
      case "/healthz":
        return verdict(healthz(health()));
      case "/readyz":
        return verdict(readyz(health()));
      case "/metrics":
        return send(200, "text/plain; version=0.0.4; charset=utf-8", metrics.text());
      default:
        return send(404, "text/plain", "not found\n");
    }
  });
  server.unref();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
