import { randomInt } from "node:crypto";
import { type AddressInfo, createServer, type Server } from "node:net";

/** Below the range from which Linux gives ports to outgoing connections, which would take one between look and use. */
const LOWEST_PORT = 12_000;
const HIGHEST_PORT = 32_000;

/** So many different ports of `host` that nothing listens on, chosen at random so that two who look at once seldom meet. */
export async function freePorts(count: number, host = "127.0.0.1"): Promise<number[]> {
  const servers: Server[] = [];
  while (servers.length < count) {
    const server = await listen(host, randomInt(LOWEST_PORT, HIGHEST_PORT));
    if (server) servers.push(server);
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  // Closed together at the end: closed one by one, the next could get the same port again.
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function listen(host: string, port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
    );
    server.listen(port, host, () => resolve(server));
  });
}
