import http from "node:http";

export interface Answered {
  /** Milliseconds since 1970 when it was sent. */
  at: number;
  status: number;
  /** Milliseconds until the whole answer was there. */
  ms: number;
}

const CONNECTIONS = 32;

/** A load of its own pace: a request leaves when its time has come, whether those before it were answered or not. */
export class PacedLoad {
  readonly #url: URL;
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  readonly #headers: Record<string, string>;

  constructor(url: string, headers: Record<string, string>) {
    this.#url = new URL(url);
    this.#headers = headers;
  }

  /** @param times milliseconds from now on at which a request leaves, in their order */
  async send(times: readonly number[], path: string): Promise<Answered[]> {
    const began = performance.now();
    const answers: Promise<Answered>[] = [];
    for (const time of times) {
      const wait = began + time - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      answers.push(this.#get(path));
    }
    return Promise.all(answers);
  }

  #get(path: string): Promise<Answered> {
    const at = Date.now();
    const sent = performance.now();
    const { hostname: host, port } = this.#url;
    return new Promise((resolve, reject) => {
      const request = http.get(
        { host, port, path, agent: this.#agent, headers: this.#headers },
        (response) => {
          response.resume();
          response.on("error", reject);
          response.on("end", () =>
            resolve({ at, status: response.statusCode ?? 0, ms: performance.now() - sent }),
          );
        },
      );
      request.on("error", reject);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Times of a load of so many a second, without a beat: another load of a fixed pace would always meet it, or never. */
export const spread = (perSecond: number, ms: number): number[] =>
  Array.from({ length: Math.round((perSecond * ms) / 1000) }, () => Math.random() * ms).sort((a, b) => a - b);

/** Most of some times that lie within any stretch of so many milliseconds. */
export function mostWithin(times: readonly number[], ms: number): number {
  let most = 0;
  for (let from = 0, to = 0; to < times.length; to++) {
    while ((times[from] ?? 0) <= (times[to] ?? 0) - ms) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
}
