import { describe, expect, it } from "vitest";
import type { DocumentStatus } from "../../protocol/resources/status.ts";
import { MAX_FRAME_BYTES } from "../../protocol/tunnel/limits.ts";
import { createOutbox } from "./outbox.ts";

const status = (key: string, revision: number, phase: DocumentStatus["phase"], message?: string) => ({
  key,
  revision,
  phase,
  ...(message ? { message } : {}),
});

describe("statuses on their way up", () => {
  it("of a key are one: the newest", () => {
    const outbox = createOutbox();
    outbox.put(status("a", 1, "Pending"));
    outbox.put(status("a", 1, "Progressing"));
    outbox.put(status("a", 1, "Ready"));
    expect(outbox.take()?.items).toEqual([status("a", 1, "Ready")]);
  });

  it("of an older revision never replace a newer one's", () => {
    const outbox = createOutbox();
    outbox.put(status("a", 5, "Refused", "no"));
    outbox.put(status("a", 4, "Ready"));
    expect(outbox.take()?.items).toEqual([status("a", 5, "Refused", "no")]);
  });

  it("that say nothing new are not sent", () => {
    const outbox = createOutbox();
    outbox.put({ ...status("a", 1, "Ready"), since: "2026-01-01T00:00:00Z" });
    outbox.acked(outbox.take()?.n ?? 0);
    outbox.put({ ...status("a", 1, "Ready"), since: "2026-01-02T00:00:00Z" });
    expect(outbox.take()).toBeUndefined();
  });

  it("go one report at a time, bounded in items and bytes", () => {
    const outbox = createOutbox();
    for (let i = 0; i < 1_000; i += 1) outbox.put(status(`k${i}`, 1, "Failed", "x".repeat(1_024)));
    let sent = 0;
    for (let report = outbox.take(); report; report = outbox.take()) {
      expect(outbox.take()).toBeUndefined();
      expect(report.items.length).toBeLessThanOrEqual(200);
      expect(Buffer.byteLength(JSON.stringify(report))).toBeLessThan(MAX_FRAME_BYTES);
      sent += report.items.length;
      outbox.acked(report.n);
    }
    expect(sent).toBe(1_000);
  });

  it("are sent again where the session ended before the ack, in their newest form", () => {
    const outbox = createOutbox();
    outbox.put(status("a", 1, "Progressing"));
    const first = outbox.take();
    outbox.put(status("a", 1, "Ready"));
    outbox.interrupted();
    const second = outbox.take();
    expect(second?.items).toEqual([status("a", 1, "Ready")]);
    expect(outbox.acked(first?.n ?? 0)).toEqual([]);
    expect(outbox.acked(second?.n ?? 0)).toHaveLength(1);
    expect(outbox.take()).toBeUndefined();
  });

  it("are all told anew to another epoch, where revisions begin again", () => {
    const outbox = createOutbox();
    outbox.put(status("a", 7, "Ready"));
    outbox.put(status("b", 7, "Ready"));
    outbox.acked(outbox.take()?.n ?? 0);
    outbox.newEpoch();
    expect(outbox.take()?.items).toHaveLength(2);
    outbox.put(status("a", 1, "Progressing"));
    outbox.interrupted();
    expect(outbox.take()?.items).toContainEqual(status("a", 1, "Progressing"));
  });

  it("of what is gone are forgotten when the manager knows", () => {
    const outbox = createOutbox();
    outbox.put(status("a", 2, "Deleted"));
    expect(outbox.acked(outbox.take()?.n ?? 0)).toHaveLength(1);
    outbox.newEpoch();
    expect(outbox.take()).toBeUndefined();
  });
});
