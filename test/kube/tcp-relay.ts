import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP relay in front of a server, to hold up and cut what passes through it. */
export interface TcpRelay {
  /** The server's URL through the relay; TLS passes untouched. */
  url: URL;
  /** From now on nothing passes in either direction, and no connection ends: a half-open network. */
  stall(): void;
  /** Ends all connections as a reset, and refuses new ones until `restore`. */
  cut(): void;
  restore(): void;
  /** New connections go to another server from now on, or to the first one where absent. Those that are open end. */
  leadTo(target?: string): void;
  /** From now on each connection is reset when so many bytes came down it; undefined: none is. */
  cutAfter(bytes: number | undefined): void;
  /** Connections that `cutAfter` ended. */
  readonly cuts: number;
  close(): Promise<void>;
}

export async function startRelay(target: string): Promise<TcpRelay> {
  let { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let mode: "open" | "stalled" | "cut" = "open";
  let limit: number | undefined;
  let cuts = 0;

  const server = createServer((client) => {
    if (mode === "cut") return void client.resetAndDestroy();
    const upstream = connect(Number(port), hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      let passed = 0;
      from.on("data", (chunk: Buffer) => {
        if (mode !== "open") return;
        const left = from === upstream && limit !== undefined ? limit - passed : Number.POSITIVE_INFINITY;
        passed += chunk.length;
        if (chunk.length < left) return void to.write(chunk);
        cuts += 1;
        // What arrived before the cut is read: the peer has half a frame.
        to.write(chunk.subarray(0, Math.max(0, left)), () => {
          client.resetAndDestroy();
          upstream.resetAndDestroy();
        });
      });
      from.on("error", () => {});
      from.on("close", () => {
        sockets.delete(from);
        if (mode !== "stalled") to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(target);
  url.hostname = "127.0.0.1";
  url.port = String((server.address() as AddressInfo).port);

  const dropAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url,
    stall: () => {
      mode = "stalled";
    },
    cut: () => {
      mode = "cut";
      dropAll();
    },
    restore: () => {
      mode = "open";
    },
    leadTo(other = target) {
      ({ hostname, port } = new URL(other));
      dropAll();
    },
    cutAfter: (bytes) => {
      limit = bytes;
    },
    get cuts() {
      return cuts;
    },
    async close() {
      mode = "cut";
      dropAll();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
