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
  close(): Promise<void>;
}

export async function startRelay(target: string): Promise<TcpRelay> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let mode: "open" | "stalled" | "cut" = "open";

  const server = createServer((client) => {
    if (mode === "cut") return void client.resetAndDestroy();
    const upstream = connect(Number(port), hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on("data", (chunk) => mode === "open" && to.write(chunk));
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
    async close() {
      mode = "cut";
      dropAll();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
