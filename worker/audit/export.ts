import { parseCheckpoint } from "../../domain/audit/checkpoint.ts";
import { EXPORT_FORMAT, type ExportHeader } from "../../domain/audit/export.ts";
import { parseNote } from "../../domain/audit/signed-note.ts";
import { appendPending } from "../../queues/append-audit.ts";
import type { Env } from "../env.ts";
import { pendingOf } from "../store/audit.ts";
import { type LogRow, lastNumber } from "../store/audit-queries.ts";
import { auditStub, directory } from "../store/database.ts";
import { streamOf } from "./entries.ts";
import { keptCheckpoints } from "./kept-checkpoints.ts";
import { logKeys } from "./signers.ts";

/** More on their way than this is a log that is behind: it is not exported half. */
const MAX_PENDING = 500;
const LEAVES_AT_ONCE = 500;

/**
 * A log as lines that prove it: what the database says of it is read before and after, entries on their way are brought
 * first, and checkpoints come from R2, where the log's object cannot change them.
 *
 * @returns undefined where more entries are on their way than can be waited for
 */
export async function exportLog(
  env: Env,
  { log, last }: LogRow,
  now: number,
): Promise<ReadableStream<Uint8Array> | undefined> {
  const db = directory(env);
  const stub = auditStub(env, log);
  const pending = await pendingOf(db, log, MAX_PENDING + 1);
  if (pending.length > MAX_PENDING) return undefined;
  if ((await appendPending(env, pending)).length > 0) return undefined;
  const signed = await stub.checkpoint();
  const { origin, size } = await stub.head();
  const note = signed && "note" in signed ? signed : undefined;
  const header: ExportHeader = {
    kind: "header",
    format: EXPORT_FORMAT,
    log,
    origin,
    exportedAt: new Date(now).toISOString(),
    size: note?.size ?? size,
    lastNumber: { from: last, to: await lastNumber(db, log) },
    keys: (await logKeys(env, origin)).map(({ verifier }) => verifier),
    ...(signed && "refused" in signed ? { refused: signed.refused } : {}),
  };
  return streamOf(linesOf(env, header, note?.note));
}

/** The header, then entries in their order, each checkpoint right after the last entry that it covers. */
async function* linesOf(env: Env, header: ExportHeader, newest: string | undefined): AsyncGenerator<string> {
  yield line(header);
  const stub = auditStub(env, header.log);
  const kept = keptCheckpoints(env, header.log, Date.parse(header.exportedAt));
  let next = await kept.next();
  let index = 0;
  while (true) {
    for (; !next.done && sizeOf(next.value) <= index; next = await kept.next())
      yield checkpointLine(next.value);
    const until = next.done ? header.size : Math.min(header.size, sizeOf(next.value));
    if (index >= until) break;
    const leaves = await stub.leaves(index, Math.min(LEAVES_AT_ONCE, until - index));
    const expired = (leaves[0]?.index ?? until) - index;
    if (expired > 0) {
      const hashes = await stub.hashes(index, Math.min(expired, LEAVES_AT_ONCE, until - index));
      if (hashes.length === 0) break;
      yield line({ kind: "expired", index, hashes });
      index += hashes.length;
      continue;
    }
    yield leaves.map((each) => `{"kind":"entry","index":${each.index},"leaf":${each.leaf}}\n`).join("");
    index = (leaves.at(-1)?.index ?? index) + 1;
  }
  if (newest !== undefined) yield checkpointLine(newest);
  for (; !next.done; next = await kept.next()) yield checkpointLine(next.value);
}

const line = (value: unknown): string => `${JSON.stringify(value)}\n`;
const checkpointLine = (checkpoint: string): string => line({ kind: "checkpoint", checkpoint });

/** What is no checkpoint comes at once: whoever verifies says so. */
const sizeOf = (note: string): number => parseCheckpoint(parseNote(note)?.text ?? "")?.size ?? 0;
