/**
 * Appends to one audit log, on disk: 100,000 entries in calls of 500, a few calls under way at a time; then the log is
 * exported and verified as an auditor does it, with the command, and a hundred inclusion proofs and ten consistency proofs are
 * checked against its checkpoint.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createWriteStream, rmSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { fromBase64 } from "../domain/audit/bytes.ts";
import { verifyConsistency, verifyInclusion } from "../domain/audit/proof.ts";
import type { VerifyReport } from "../domain/audit/report.ts";
import { ApiClient } from "../test/lib/api.ts";
import { ROOT } from "../test/manager/bundle.ts";
import { type Manager, startManager } from "../test/manager/start.ts";
import { round, say } from "./lib/figures.ts";
import { cpuSeconds } from "./lib/idle.ts";
import { Load } from "./lib/load.ts";

const ENTRIES = 100_000;
const A_CALL = 500;
const CALLS_AT_ONCE = 4;
/** The first number is that of the tenant's own creation. */
const FIRST = 2;
const TOTAL = ENTRIES + FIRST - 1;
const LOG = "/api/v1/tenants/acme/audit";
const PROOFS = 100;
const CONSISTENCY_PROOFS = 10;

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
const hash = (text: string): Uint8Array => fromBase64(text) ?? new Uint8Array();

export async function run(): Promise<Record<string, number>> {
  const manager = await startManager({ vars: { LOG_LEVEL: "error" }, worker: "bench/appends" });
  const api = new ApiClient(manager);
  const load = new Load(await manager.directUrl(), CALLS_AT_ONCE);
  const file = join(manager.dir, "export.jsonl");
  try {
    const tenant = (await api.put<{ id: string }>("/api/v1/tenants/acme", {})).body.id;
    const post = (path: string) => ({ method: "POST", path: `/bench/${path}&tenant=${tenant}` });
    const before = cpuSeconds([manager.workerd()]);
    const { seconds } = await load.times(ENTRIES / A_CALL, (n) =>
      post(`append?from=${n * A_CALL + FIRST}&count=${A_CALL}`),
    );
    const cpu = cpuSeconds([manager.workerd()]) - before;
    say(`${ENTRIES} entries in ${round(seconds)} s, ${round(cpu)} s of the processor`);
    await load.ask(post(`settle?last=${TOTAL}`));
    const exported = await exportTo(manager, api, file);
    const verified = await verify(file);
    const proofs = await checkProofs(api);
    return {
      appends_per_s: round(ENTRIES / seconds, 0),
      verify_s: round(verified.seconds, 2),
      appends_per_cpu_s: round(ENTRIES / cpu, 0),
      entries: verified.report.entries,
      export_s: round(exported, 2),
      proofs_checked: proofs,
    };
  } finally {
    load.close();
    api.close();
    await manager.stop();
    rmSync(file, { force: true });
  }
}

/** @returns seconds that it took */
async function exportTo(manager: Manager, api: ApiClient, file: string): Promise<number> {
  const began = performance.now();
  const headers = { authorization: `Bearer ${await api.bearer()}` };
  const answer = await fetch(`${manager.url}${LOG}:export`, { headers });
  if (!answer.ok || !answer.body) throw new Error(`the export was answered with ${answer.status}`);
  await pipeline(Readable.fromWeb(answer.body), createWriteStream(file));
  return (performance.now() - began) / 1000;
}

async function verify(file: string): Promise<{ report: VerifyReport; seconds: number }> {
  const began = performance.now();
  const args = [join(ROOT, "scripts/audit-verify.ts"), file, "--json"];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const seconds = (performance.now() - began) / 1000;
  const report = JSON.parse(stdout) as VerifyReport;
  if (report.entries !== TOTAL || report.covered !== TOTAL) throw new Error(`not whole: ${stdout}`);
  return { report, seconds };
}

interface Inclusion {
  index: number;
  size: number;
  leafHash: string;
  rootHash: string;
  proof: string[];
}

interface Consistency {
  fromHash: string;
  toHash: string;
  proof: string[];
}

/** @returns how many held @throws where one does not */
async function checkProofs(api: ApiClient): Promise<number> {
  const root = hash((await api.get<string>(`${LOG}:checkpoint`)).body.split("\n")[2] ?? "");
  const step = Math.floor(ENTRIES / PROOFS);
  for (let n = 0; n < PROOFS; n++) {
    const cursor = (n + 1) * step;
    const page = await api.get<{ items: { id: string }[] }>(`${LOG}?limit=1&cursor=${cursor}`);
    const path = `${LOG}:inclusion?entry=${page.body.items[0]?.id}&size=${TOTAL}`;
    const { index, size, leafHash, proof } = (await api.get<Inclusion>(path)).body;
    const claim = { index, size, leaf: hash(leafHash), proof: proof.map(hash), root };
    if (index !== cursor - 1 || !verifyInclusion(sha256, claim))
      throw new Error(`entry ${index} is not proven`);
  }
  for (let n = 1; n <= CONSISTENCY_PROOFS; n++) {
    const from = Math.floor((n * ENTRIES) / (CONSISTENCY_PROOFS + 1));
    const path = `${LOG}:consistency?from=${from}&to=${TOTAL}`;
    const { fromHash, proof } = (await api.get<Consistency>(path)).body;
    const older = { size: from, root: hash(fromHash) };
    const held = verifyConsistency(sha256, older, { size: TOTAL, root }, proof.map(hash));
    if (!held) throw new Error(`size ${from} is not shown to be a beginning`);
  }
  return PROOFS + CONSISTENCY_PROOFS;
}
