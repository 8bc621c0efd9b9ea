import http from "node:http";
import { percentile } from "./figures.ts";

export interface Ask {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface LoadResult {
  /** Answered requests. */
  requests: number;
  seconds: number;
  /** Milliseconds of each request. */
  latencies: number[];
}

/** A load generator: so many keep-alive connections, each with one request at a time. */
export class Load {
  readonly #url: URL;
  readonly #connections: number;
  readonly #agent: http.Agent;

  constructor(url: string, connections: number) {
    this.#url = new URL(url);
    this.#connections = connections;
    this.#agent = new http.Agent({ keepAlive: true, maxSockets: connections, scheduling: "fifo" });
  }

  /** Asks until the time is up. @throws where an answer is not 2xx: a fast error is no figure */
  async during(milliseconds: number, next: (n: number) => Ask): Promise<LoadResult> {
    const began = performance.now();
    return this.#run(began, next, () => performance.now() - began < milliseconds);
  }

  /** Asks so many times. */
  async times(count: number, next: (n: number) => Ask): Promise<LoadResult> {
    return this.#run(performance.now(), next, (n) => n < count);
  }

  async #run(began: number, next: (n: number) => Ask, more: (n: number) => boolean): Promise<LoadResult> {
    const latencies: number[] = [];
    let n = 0;
    const worker = async (): Promise<void> => {
      while (more(n)) {
        const ask = next(n++);
        const sent = performance.now();
        await this.ask(ask);
        latencies.push(performance.now() - sent);
      }
    };
    await Promise.all(Array.from({ length: this.#connections }, worker));
    return { requests: latencies.length, seconds: (performance.now() - began) / 1000, latencies };
  }

  ask({ method, path, headers, body }: Ask): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = http.request({
        host: this.#url.hostname,
        port: this.#url.port,
        method,
        path,
        agent: this.#agent,
        headers: {
          ...headers,
          ...(body === undefined
            ? {}
            : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
        },
      });
      request.on("error", reject);
      request.on("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          const status = response.statusCode ?? 0;
          if (status >= 200 && status < 300) resolve(text);
          else reject(new Error(`${method} ${path} answered ${status}: ${text.slice(0, 500)}`));
        });
      });
      request.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Several short runs of one thing, as one. */
export class Tally {
  #requests = 0;
  #seconds = 0;
  readonly #latencies: number[] = [];

  add(result: LoadResult): void {
    this.#requests += result.requests;
    this.#seconds += result.seconds;
    for (const latency of result.latencies) this.#latencies.push(latency);
  }

  get requests(): number {
    return this.#requests;
  }

  get rps(): number {
    return this.#requests / this.#seconds;
  }

  p(share: number): number {
    return percentile(this.#latencies, share);
  }
}
