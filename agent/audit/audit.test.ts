import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { KubernetesFact } from "../../domain/kubernetes-audit/fact.ts";
import { AUDIT_FEATURE } from "../../protocol/tunnel/audit-frames.ts";
import type { AgentFrame, FrameOf } from "../../protocol/tunnel/frames.ts";
import { MAX_FRAME_BYTES } from "../../protocol/tunnel/limits.ts";
import { until } from "../../test/lib/until.ts";
import { type Certificate, makeCertificate } from "../../test/manager/certificate.ts";
import { auditConfig } from "../config-audit.ts";
import { ConfigError } from "../config-values.ts";
import { systemClock } from "../kube/index.ts";
import { silentLogger } from "../log.ts";
import type { Link } from "../tunnel/types.ts";
import { batchesOf } from "./batches.ts";
import { type Answer, MAX_BODY_BYTES, startWebhook, type Webhook } from "./server.ts";
import { openSpool } from "./spool.ts";
import { createAuditUplink } from "./uplink.ts";

const TOKEN = "a-token-of-the-audit-webhook";
let folder: string;
let files: Certificate;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kubenova-audit-unit-"));
  files = await makeCertificate(join(folder, "tls"), "127.0.0.1");
  writeFileSync(join(folder, "token"), `${TOKEN}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fact = (n: number, more: Partial<KubernetesFact> = {}): KubernetesFact => ({
  auditId: `id-${n}`,
  stage: "ResponseComplete",
  time: "2026-11-21T10:00:00.123Z",
  user: "alice",
  verb: "update",
  object: `kubernetes/configmaps/shop/${n}`,
  code: 200,
  ...more,
});

describe("the webhook", () => {
  let webhook: Webhook;
  let taken: unknown[] = [];
  let next: Answer | Error = { status: 200, text: "taken" };
  beforeEach(async () => {
    taken = [];
    next = { status: 200, text: "taken" };
    webhook = await startWebhook({
      config: {
        ...{ host: "127.0.0.1", port: 0, spoolDir: folder },
        ...{ certFile: files.cert, keyFile: files.key, tokenFile: join(folder, "token") },
      },
      log: silentLogger,
      take: async (body) => {
        taken.push(body);
        if (next instanceof Error) throw next;
        return next;
      },
      onAnswer: () => {},
    });
  });
  afterEach(() => webhook.close());

  interface Sent {
    method?: string;
    path?: string;
    headers?: Record<string, string>;
    body?: string | Buffer;
  }
  const send = ({ method = "POST", path = "/", headers = {}, body = "{}" }: Sent = {}) =>
    new Promise<{ status: number; retryAfter: string | undefined }>((resolve, reject) => {
      const request = https.request({
        ...{ host: "127.0.0.1", port: webhook.port, method, path, ca: readFileSync(files.ca), agent: false },
        headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json", ...headers },
      });
      request.on("response", (response) => {
        response.resume();
        const { statusCode: status = 0, headers: told } = response;
        resolve({ status, retryAfter: told["retry-after"] });
      });
      request.on("error", reject);
      request.end(body);
    });

  it("takes a body with the token", async () => {
    expect(await send({ body: '{"kind":"EventList"}' })).toMatchObject({ status: 200 });
    expect(taken).toEqual([{ kind: "EventList" }]);
  });

  it.each([
    [401, { headers: { authorization: "Bearer another" } }],
    [401, { headers: { authorization: "" } }],
    [404, { path: "/metrics" }],
    [405, { method: "PUT" }],
    [415, { headers: { "content-type": "text/plain" } }],
    [400, { body: "{" }],
  ])("answers %i, and takes nothing", async (status, sent) => {
    expect((await send(sent)).status).toBe(status);
    expect(taken).toEqual([]);
  });

  it("reads no body that is too large", async () => {
    // The answer may come while the body is still on its way, which then ends as a broken connection.
    const answer = await send({ body: Buffer.alloc(MAX_BODY_BYTES + 1, 32) }).catch(() => ({ status: 413 }));
    expect(answer.status).toBe(413);
    expect(taken).toEqual([]);
  });

  it("asks for it again where it could not be taken", async () => {
    next = new Error("the disk is full");
    expect(await send()).toEqual({ status: 503, retryAfter: "1" });
  });
});

describe("the spool", () => {
  it("keeps what it took over a restart, in order, and forgets what was half written", async () => {
    const dir = join(folder, "kept");
    const first = await openSpool(dir, 10_000);
    expect(await first.put([[fact(1)], [fact(2)]])).toBe(true);
    writeFileSync(join(dir, "000000000009.json.tmp"), "[{");
    const again = await openSpool(dir, 10_000);
    const one = await again.first();
    expect(one?.items).toEqual([fact(1)]);
    if (one) await again.drop(one);
    await again.put([[fact(3)]]);
    expect((await again.first())?.items).toEqual([fact(2)]);
    expect(again.bytes).toBe((await openSpool(dir, 10_000)).bytes);
  });

  it("takes all or nothing where it is full", async () => {
    const spool = await openSpool(join(folder, "full"), 300);
    expect(await spool.put([[fact(1)], [fact(2)], [fact(3)]])).toBe(false);
    expect(await spool.first()).toBeUndefined();
    expect(await spool.put([[fact(1)]])).toBe(true);
  });

  it("goes on behind a file that is broken", async () => {
    const dir = join(folder, "broken");
    const spool = await openSpool(dir, 10_000);
    await spool.put([[fact(1)], [fact(2)]]);
    writeFileSync(join(dir, "000000000001.json"), "[{");
    expect((await spool.first())?.items).toEqual([fact(2)]);
    expect(spool.broken).toBe(1);
  });
});

it("batches fit a frame, and lose nothing", () => {
  const many = Array.from({ length: 2_000 }, (_, n) => fact(n, { reason: "ä".repeat(n % 500) }));
  const batches = batchesOf(many);
  expect(batches.flat()).toEqual(many);
  for (const items of batches)
    expect(Buffer.byteLength(JSON.stringify({ t: "audit", n: 1e9, items }))).toBeLessThan(MAX_FRAME_BYTES);
});

describe("the uplink", () => {
  const linkTo = (sent: AgentFrame[], features?: string[]): Link =>
    ({ welcome: { features }, send: (frame: AgentFrame) => void sent.push(frame) }) as unknown as Link;
  const audits = (sent: AgentFrame[]) => sent as FrameOf<"audit">[];
  const start = async (name: string) => {
    const ended = new AbortController();
    const spool = await openSpool(join(folder, name), 10_000);
    const uplink = createAuditUplink({
      ...{ spool, clock: systemClock, log: silentLogger, signal: ended.signal },
    });
    return { spool, uplink, end: () => ended.abort() };
  };

  it("sends batch by batch, the next one after the ack", async () => {
    const { spool, uplink, end } = await start("uplink");
    await spool.put([[fact(1)], [fact(2)]]);
    const sent: AgentFrame[] = [];
    const link = linkTo(sent, [AUDIT_FEATURE]);
    uplink.onWelcome?.(link);
    uplink.wake();
    await until("the first", () => sent.length === 1);
    uplink.onFrame?.({ t: "audit-ack", n: 99 }, link);
    uplink.onFrame?.({ t: "audit-ack", n: audits(sent)[0]?.n ?? 0 }, link);
    await until("the second", () => sent.length === 2);
    expect(audits(sent).map(({ items }) => items[0]?.auditId)).toEqual(["id-1", "id-2"]);
    end();
  });

  it("sends again in the next session what was not acked, and nothing to a manager that does not know it", async () => {
    const { spool, uplink, end } = await start("again");
    await spool.put([[fact(1)]]);
    const [lost, old, back]: AgentFrame[][] = [[], [], []];
    const first = linkTo(lost ?? [], [AUDIT_FEATURE]);
    uplink.onWelcome?.(first);
    await until("it is sent", () => lost?.length === 1);
    uplink.onLost?.(first);
    const older = linkTo(old ?? []);
    uplink.onWelcome?.(older);
    uplink.wake();
    uplink.onLost?.(older);
    uplink.onWelcome?.(linkTo(back ?? [], [AUDIT_FEATURE]));
    await until("it is sent again", () => back?.length === 1);
    expect(audits(back ?? [])[0]?.items).toEqual([fact(1)]);
    expect(old).toEqual([]);
    end();
  });
});

describe("what the environment says of it", () => {
  const text: Record<string, string> = {
    "/crt": "-----BEGIN CERTIFICATE-----\nx",
    "/key": "-----BEGIN PRIVATE KEY-----\nx",
    "/token": TOKEN,
    "/short": "short",
  };
  const read = (path: string) => text[path] ?? "";
  const values = {
    KUBENOVA_AUDIT_LISTEN: "[::1]:9443",
    KUBENOVA_AUDIT_TLS_CERT: "/crt",
    KUBENOVA_AUDIT_TLS_KEY: "/key",
    KUBENOVA_AUDIT_TOKEN_FILE: "/token",
  };

  it("is nothing, or all of it", () => {
    expect(auditConfig({}, read)).toBeUndefined();
    expect(auditConfig(values, read)).toMatchObject({ host: "::1", port: 9443, tokenFile: "/token" });
  });

  it.each([
    ["KUBENOVA_AUDIT_LISTEN", "9443"],
    ["KUBENOVA_AUDIT_LISTEN", "0.0.0.0:70000"],
    ["KUBENOVA_AUDIT_TLS_CERT", ""],
    ["KUBENOVA_AUDIT_TLS_CERT", "/token"],
    ["KUBENOVA_AUDIT_TLS_KEY", "/crt"],
    ["KUBENOVA_AUDIT_TOKEN_FILE", "/short"],
  ])("%s=%s is refused by name", (name, value) => {
    expect(() => auditConfig({ ...values, [name]: value }, read)).toThrow(ConfigError);
    expect(() => auditConfig({ ...values, [name]: value }, read)).toThrow(name);
  });
});
