import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";

export interface ApiAnswer<T> {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: T;
}

export interface ApiRequest {
  body?: unknown;
  headers?: Record<string, string>;
  /** Statuses that are no error; any 2xx where absent. */
  expect?: number[];
}

/** A client of the manager's API, as a user's program would be: HTTPS, a short token made from the administrator's key. */
export class ApiClient {
  private readonly url: string;
  private readonly key: string;
  private readonly agent: http.Agent;
  private token: { value: string; until: number } | undefined;

  constructor(manager: { url: string; key: string; caFile?: string }) {
    this.url = manager.url;
    this.key = manager.key;
    const options = { keepAlive: true, maxSockets: 64 };
    this.agent = manager.caFile
      ? new https.Agent({ ...options, ca: readFileSync(manager.caFile) })
      : new http.Agent(options);
  }

  get = <T>(path: string, request: ApiRequest = {}): Promise<ApiAnswer<T>> => this.call("GET", path, request);
  post = <T>(path: string, body?: unknown, request: ApiRequest = {}): Promise<ApiAnswer<T>> =>
    this.call("POST", path, { ...request, body });
  put = <T>(path: string, body: unknown, request: ApiRequest = {}): Promise<ApiAnswer<T>> =>
    this.call("PUT", path, { ...request, body });
  patch = <T>(path: string, body: unknown, request: ApiRequest = {}): Promise<ApiAnswer<T>> =>
    this.call("PATCH", path, { ...request, body });
  delete = <T>(path: string, request: ApiRequest = {}): Promise<ApiAnswer<T>> =>
    this.call("DELETE", path, request);

  /** @throws where the status is not one that was expected, with the body's beginning */
  private async call<T>(method: string, path: string, request: ApiRequest): Promise<ApiAnswer<T>> {
    const response = await this.open(method, path, request);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const status = response.statusCode ?? 0;
    const fine = request.expect ? request.expect.includes(status) : status >= 200 && status < 300;
    if (!fine) throw new Error(`${method} ${path} answered ${status}: ${text.slice(0, 2000)}`);
    const json = (response.headers["content-type"] ?? "").includes("json") && text !== "";
    return { status, headers: response.headers, body: (json ? JSON.parse(text) : text) as T };
  }

  /** The answer as a stream: for followed logs, events, proxied bodies. */
  async open(method: string, path: string, request: ApiRequest = {}): Promise<http.IncomingMessage> {
    const headers = { ...request.headers, authorization: `Bearer ${await this.bearer()}` };
    return this.send(method, path, headers, request.body);
  }

  async bearer(): Promise<string> {
    if (this.token && this.token.until > Date.now()) return this.token.value;
    const response = await this.send(
      "POST",
      "/api/v1/auth/token",
      { authorization: `Bearer ${this.key}` },
      undefined,
    );
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    if (response.statusCode !== 201)
      throw new Error(`no token: ${response.statusCode} ${text.slice(0, 500)}`);
    const { token, expiresIn } = JSON.parse(text) as { token: string; expiresIn: number };
    this.token = { value: token, until: Date.now() + (expiresIn - 60) * 1000 };
    return token;
  }

  private send(
    method: string,
    path: string,
    headers: Record<string, string>,
    body: unknown,
  ): Promise<http.IncomingMessage> {
    const payload = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const request = (this.url.startsWith("https:") ? https : http).request(`${this.url}${path}`, {
        method,
        agent: this.agent,
        headers: {
          ...(payload === undefined
            ? {}
            : { "content-type": "application/json", "content-length": String(Buffer.byteLength(payload)) }),
          ...headers,
        },
      });
      request.on("response", resolve);
      request.on("error", reject);
      request.end(payload);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
