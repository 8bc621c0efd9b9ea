import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { freePort } from "../../test/lib/process.ts";
import { dial } from "./dial.ts";

const host = "127.0.0.1";
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

describe("dialling a Service", () => {
  it("waits for one whose pods have just become ready", async () => {
    const port = await freePort(host);
    const dialled = dial(host, port, new AbortController().signal);
    const server = createServer((socket) => void socket.on("error", () => {}));
    ends.push(() => server.close());
    setTimeout(() => server.listen(port, host), 120);
    const socket = await dialled;
    ends.push(() => socket.destroy());
    expect(socket.remotePort).toBe(port);
  });

  it("says in the end that nobody listens", async () => {
    const port = await freePort(host);
    await expect(dial(host, port, new AbortController().signal)).rejects.toThrow("has no ready pod");
  });

  it("stops when the client has gone", async () => {
    const gone = new AbortController();
    const dialled = dial(host, await freePort(host), gone.signal);
    gone.abort();
    await expect(dialled).rejects.toThrow();
  });
});
