import { randomInt } from "node:crypto";
import { type AddressInfo, createServer, type Server } from "node:net";

/** Below the range from which Linux gives ports to outgoing connections, which would take one between look and use. */
export const LOWEST_PORT = 12_000;
export const HIGHEST_PORT = 32_000;

/** So many different ports of 127.0.0.1 that nothing listens on. */
export async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  while (servers.length < count) {
    const server = await listen(randomInt(LOWEST_PORT, HIGHEST_PORT));
    if (server) servers.push(server);
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  // Closed together at the end: closed one by one, the next could get the same port again.
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
    );
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
