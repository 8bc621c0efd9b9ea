import { randomBytes } from "node:crypto";
import { MAX_FRAME_BYTES, MAX_MESSAGE_BYTES, MAX_OPEN_CHUNKED } from "../../protocol/tunnel/limits.ts";
import type { Lineage, Madness, Message } from "./mad-edge.ts";

/** One thing that a broken or lying edge does, and the reason with which the agent closes; absent: it cannot say. */
export interface Case {
  name: string;
  madness: Madness;
  reason?: RegExp;
  code?: number;
}

const json = (value: unknown): string => JSON.stringify(value);
const head = (status: string, ...lines: string[]): string =>
  [`HTTP/1.1 ${status}`, ...lines, "", ""].join("\r\n");

/** Answers to the upgrade that are none. `elsewhere`: where a redirect points to. */
export const answers = (elsewhere: string): Case[] => [
  { name: "random bytes", madness: { answer: randomBytes(64 * 1024) } },
  { name: "nothing", madness: { answer: "" } },
  { name: "a 500", madness: { answer: head("500 Oops", "content-length: 0") } },
  {
    name: "a proxy's page",
    madness: { answer: `${head("200 OK", "content-type: text/html", "content-length: 15")}<html>hi</html>` },
  },
  {
    name: "a redirect",
    madness: { answer: head("302 Found", `location: ${elsewhere}`, "content-length: 0") },
  },
  { name: "a refusal of the credentials", madness: { answer: head("401 No", "content-length: 0") } },
  {
    name: "a body without end",
    madness: { answer: head("503 Busy", "transfer-encoding: chunked") + "ffffff\r\n".padEnd(1 << 20, "x") },
  },
  { name: "a head without end", madness: { answer: `HTTP/1.1 200 OK\r\nx: ${"y".repeat(4 << 20)}` } },
  {
    name: "another protocol",
    madness: {
      answer: head(
        "101 Switching Protocols",
        "upgrade: websocket",
        "connection: upgrade",
        "sec-websocket-accept: bm8=",
      ),
    },
  },
];

const chunk = (id: number, i: number, of: number, data: string): string =>
  json({ t: "chunk", id, i, of, data });
/** A text frame of so many bytes, of a kind that no agent knows. */
const padded = (bytes: number): string => {
  const empty = json({ t: "pad", x: "" });
  return json({ t: "pad", x: "x".repeat(bytes - empty.length) });
};
/** What comes after it shows that the agent was still listening: it closes with this reason. */
const LAST = json({
  t: "welcome",
  version: 1,
  session: 2,
  epoch: 1,
  epochId: "e",
  seq: 0,
  mode: "resume",
  clusterId: "c",
  clusterName: "c",
  clusterMode: "manage",
});
const HEARD = /a welcome out of turn/;

/** Messages right after the upgrade. */
export const greetings: Case[] = [
  ...[1000, 1001, 1011, 1013, 3000, 4409, 4999].map(
    (close): Case => ({ name: `close code ${close}`, madness: { close } }),
  ),
  { name: "text that is no JSON", madness: { greeting: ["<html>502</html>"] }, reason: /not JSON/ },
  {
    name: "random bytes as text",
    madness: { greeting: [randomBytes(4096).toString("latin1")] },
    reason: /not JSON/,
  },
  { name: "JSON without a kind", madness: { greeting: ["[null]"] }, reason: /no kind/ },
  {
    name: "a challenge without a nonce",
    madness: { greeting: [json({ t: "challenge", versions: [1] })] },
    reason: /malformed challenge/,
  },
  { name: "a welcome before the challenge", madness: { greeting: [LAST] }, reason: HEARD },
  {
    name: "a document before the challenge",
    madness: {
      greeting: [
        json({
          t: "snapshot-end",
          snapshot: "s",
          epochId: "e",
          seq: 0,
          count: 0,
          digest: `sha256:${"0".repeat(64)}`,
        }),
      ],
    },
    reason: /before the welcome/,
  },
  {
    name: "one byte more than a frame may have",
    madness: { greeting: [padded(MAX_FRAME_BYTES + 1)] },
    code: 1009,
  },
  { name: "binary of 8 MiB", madness: { greeting: [randomBytes(8 << 20)] }, code: 1009 },
];

/** Within a session. `key`: of a document that the cluster has. */
export const sessions = (lineage: Lineage, key: string): Case[] => {
  const { epochId, seq } = lineage;
  const digest = `sha256:${"1".repeat(64)}`;
  const begin = { t: "snapshot-begin", snapshot: "s", epochId, seq, count: 0 };
  const end = { t: "snapshot-end", snapshot: "s", epochId, seq, count: 0, digest };
  const desired = { t: "desired", seq: 1, key, revision: 1, correlationId: "mad" };
  const resource = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "x", namespace: "kube-system", labels: {} },
    spec: {},
  };
  const parts = 17;
  const piece = "x".repeat(MAX_MESSAGE_BYTES / parts);
  const of = (
    name: string,
    session: Message[],
    reason = HEARD,
    mode: "resume" | "snapshot" = "resume",
  ): Case => ({
    name,
    madness: { session: [...session, LAST], mode },
    reason,
  });
  return [
    of("nothing wrong", []),
    of("the largest frame", [padded(MAX_FRAME_BYTES)]),
    of("random binary", [randomBytes(3), randomBytes(200_000), Buffer.alloc(14)]),
    of("kinds of the future", [json({ t: "future", x: 1 })]),
    of(
      "a frame in more pieces than one may have",
      [...Array.from({ length: parts + 1 }, (_, i) => chunk(1, i, parts + 1, piece))],
      /a chunked frame is larger/,
    ),
    of(
      "frames in pieces that never end",
      Array.from({ length: MAX_OPEN_CHUNKED + 1 }, (_, id) => chunk(id + 1, 0, 64, "x".repeat(200_000))),
      /too many frames in chunks/,
    ),
    of("pieces out of order", [chunk(1, 0, 3, "{"), chunk(1, 2, 3, "}")], /out of order/),
    of("the end of a snapshot that never began", [json(end)], /no open snapshot|a snapshot/),
    of(
      "a document of a snapshot that never began",
      [json({ ...desired, op: "tombstone", snapshot: "s" })],
      /no open snapshot/,
    ),
    of("a snapshot of another epoch", [json({ ...begin, epochId: "other" })], /another epoch/, "snapshot"),
    of(
      "two snapshots at once",
      [json(begin), json({ ...begin, snapshot: "s2" })],
      /inside of a snapshot/,
      "snapshot",
    ),
    {
      name: "an empty snapshot with another digest",
      madness: { session: [json(begin), json(end)], mode: "snapshot", endsWith: "ping" },
    },
    {
      name: "an empty snapshot that says it is full",
      madness: { session: [json(begin), json({ ...end, count: 300 })], mode: "snapshot", endsWith: "ping" },
    },
    of("a snapshot without end", [json({ ...begin, count: 300 })], HEARD, "snapshot"),
    of("a document with another digest", [json({ ...desired, op: "upsert", digest, resource })]),
    of("a document of a foreign kind", [
      json({ ...desired, key: "secret/x", op: "upsert", digest, resource }),
    ]),
    of("an older tombstone", [json({ ...desired, op: "tombstone" })]),
    of(
      "a tombstone of a key without a number",
      [json({ ...desired, op: "tombstone", revision: "latest" })],
      /malformed desired/,
    ),
    of("streams to nowhere, and ends of none", [
      json({
        t: "open",
        s: 1,
        deadlineMs: 1,
        correlationId: "c",
        credit: 0,
        target: { kind: "logs", namespace: "kube-system", pod: "../../x", follow: true },
      }),
      json({ t: "end", s: 9, at: 7 }),
      json({ t: "credit", s: 9, upTo: 1e15 }),
      json({ t: "cancel", s: 9, code: "x", message: "y" }),
    ]),
    of("frames of streams that are not valid", [
      json({ t: "open", s: 2, deadlineMs: 0, target: { kind: "secrets" } }),
      json({ t: "credit", s: 2, upTo: -1 }),
    ]),
    of("a frame of no stream that can be told", [json({ t: "open", s: "all" })], /malformed open/),
  ];
};
