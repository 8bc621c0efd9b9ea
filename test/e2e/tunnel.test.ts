import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type WebSocket from "ws";
import { dial } from "../../agent/tunnel/dial.ts";
import { CLOSE, HELLO_DEADLINE_MS } from "../../protocol/tunnel/limits.ts";
import { ApiClient } from "../lib/api.ts";
import { until } from "../lib/process.ts";
import { type Manager, startManager } from "../manager/start.ts";

/** Sockets that an object takes before their hello (durable-objects/cluster/admission.ts). */
const MAX_PENDING = 16;
/** A close that waits for anything but the network takes ten seconds in this runtime, or thirty in the client. */
const AT_ONCE_MS = 2_000;

let manager: Manager;
let url: string;
let api: ApiClient;

beforeAll(async () => {
  manager = await startManager();
  url = await manager.directUrl();
  api = new ApiClient({ url, key: manager.key });
});

afterAll(async () => {
  api?.close();
  await manager?.stop();
});

interface Dialled {
  challengedAt: number | undefined;
  closed: { code: number; reason: string; at: number } | undefined;
}

/** The agent's own dial, which then never says hello. */
function dialMutely(clusterId: string): Dialled {
  const dialled: Dialled = { challengedAt: undefined, closed: undefined };
  const socket: WebSocket = dial({ managerUrl: new URL(url), clusterId }, () => {});
  socket.on("message", () => {
    dialled.challengedAt ??= performance.now();
  });
  socket.on("close", (code, reason) => {
    dialled.closed = { code, reason: reason.toString(), at: performance.now() };
  });
  return dialled;
}

describe("a socket without a hello", () => {
  it("knows at once that it was cut: for a newer one over the limit, or at its deadline", async () => {
    const { body } = await api.post<{ id: string }>("/api/v1/clusters", { name: "strangers" });
    const dialled: Dialled[] = [];
    for (let n = 0; n < MAX_PENDING + 1; n++) {
      const each = dialMutely(body.id);
      await until("the challenge", () => each.challengedAt);
      dialled.push(each);
    }
    const [oldest, ...others] = dialled;
    const cut = await until("the oldest is cut", () => oldest?.closed, { deadlineMs: AT_ONCE_MS });
    expect(cut).toMatchObject({ code: CLOSE.tryLater, reason: "too many sockets without a hello" });
    const late = () => others.every(({ closed }) => closed !== undefined);
    await until("the others are late", late, { deadlineMs: HELLO_DEADLINE_MS + AT_ONCE_MS });
    for (const { challengedAt, closed } of others) {
      expect(closed).toMatchObject({ code: CLOSE.helloTimeout, reason: "no hello in time" });
      expect((closed?.at ?? 0) - (challengedAt ?? 0)).toBeGreaterThan(HELLO_DEADLINE_MS - AT_ONCE_MS);
    }
  });
});
