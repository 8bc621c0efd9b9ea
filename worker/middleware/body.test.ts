import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { adminToken } from "../../test/workerd/api.ts";
import { createApp } from "../app.ts";

const CHUNK_BYTES = 64 * 1024;

/** Sends chunks of spaces until the app takes no more of them, `chunks` at most. */
async function send(chunks: number, headers: Record<string, string>, path = "/api/v1/tenants") {
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent === chunks) return controller.close();
      sent += 1;
      controller.enqueue(new Uint8Array(CHUNK_BYTES).fill(0x20));
    },
  });
  const request = new Request(`https://kubenova.test${path}`, { method: "POST", body, headers });
  const { status } = await createApp().fetch(request, env, createExecutionContext());
  return { status, sent };
}

describe("a body that is refused", () => {
  const json = { "content-type": "application/json" };

  it("is taken in to its end, so that its sender hears why", async () => {
    const authorization = `Bearer ${await adminToken()}`;
    expect(await send(50, { ...json, authorization })).toEqual({ status: 413, sent: 50 });
    expect(await send(50, json)).toEqual({ status: 401, sent: 50 });
    expect(await send(50, json, "/nothing")).toEqual({ status: 404, sent: 50 });
  });

  it("and has no end is cut off", async () => {
    const { status, sent } = await send(10_000, json);
    expect(status).toBe(401);
    expect(sent).toBeLessThan(200);
  });
});
