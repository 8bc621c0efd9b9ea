/**
 * Reads (get and list in turn) and PUTs of apps at the manager, 16 connections, 10,000 apps stored, beside a bare D1
 * read and a bare one-row D1 write by the same runtime. The two of a pair take turns of a second, so that what else the
 * machine does falls on both; reads come first, when what the stored apps left to deliver is done. Beside the rates
 * stands the processor time that the runtime took for a request: on a busy machine it is the steadier of the two.
 */
import { ApiClient } from "../test/lib/api.ts";
import { startManager } from "../test/manager/start.ts";
import { startBare } from "./bare/start.ts";
import { appBody, makeProject, PROJECT } from "./lib/catalogue.ts";
import { round, say } from "./lib/figures.ts";
import { cpuSeconds, untilIdle } from "./lib/idle.ts";
import { type Ask, Load, Tally } from "./lib/load.ts";
import { writeRoundTrips } from "./lib/round-trips.ts";

const CONNECTIONS = 16;
const APPS = 10_000;
const ROUNDS = 12;
const TURN_MS = 1_000;
const WARM_UP_MS = 2_000;

export async function run(): Promise<Record<string, number | string>> {
  const bare = await startBare();
  const manager = await startManager({ vars: { LOG_LEVEL: "error" } });
  const api = new ApiClient(manager);
  const loads: Load[] = [];
  try {
    await makeProject(api);
    const ours = new Load(await manager.directUrl(), CONNECTIONS);
    const theirs = new Load(await bare.directUrl(), CONNECTIONS);
    loads.push(ours, theirs);
    const headers = { authorization: `Bearer ${await api.bearer()}` };
    say(`storing ${APPS} apps`);
    const seeded = await ours.times(APPS, (n) => put(headers, n, 1));
    say(`stored in ${round(seeded.seconds)} s`);
    await untilIdle([manager.workerd()]);
    const turns = turnsOf(
      { load: ours, pid: manager.workerd() },
      { load: theirs, pid: bare.workerd() },
      headers,
    );
    await alternate(turns.slice(0, 2));
    await alternate(turns.slice(2));
    return { ...figures(turns), write_round_trips: await writeRoundTrips() };
  } finally {
    for (const load of loads) load.close();
    api.close();
    await manager.stop();
    await bare.stop();
  }
}

async function alternate(turns: Turn[]): Promise<void> {
  for (const turn of turns) await turn.load.during(WARM_UP_MS, turn.next);
  for (let n = 1; n <= ROUNDS; n++) {
    for (const turn of turns) {
      const before = cpuSeconds([turn.pid]);
      turn.tally.add(await turn.load.during(TURN_MS, turn.next));
      turn.cpuSeconds += cpuSeconds([turn.pid]) - before;
    }
    say(`${n}/${ROUNDS}  ${turns.map(({ name, tally }) => `${name} ${round(tally.rps, 0)}/s`).join("  ")}`);
  }
}

const put = (headers: Record<string, string>, n: number, version: number): Ask => ({
  method: "PUT",
  path: `${PROJECT}/apps/app-${n % APPS}`,
  headers,
  body: appBody(version),
});

/** A runtime under load, and its pid. */
interface Side {
  load: Load;
  pid: number;
}

interface Turn extends Side {
  name: string;
  next: (n: number) => Ask;
  tally: Tally;
  /** Processor time of the runtime during the turns. */
  cpuSeconds: number;
}

function turnsOf(ours: Side, theirs: Side, headers: Record<string, string>): Turn[] {
  let version = 1;
  const any = () => Math.floor(Math.random() * APPS);
  const read = (n: number): Ask => ({
    method: "GET",
    path: n % 2 === 0 ? `${PROJECT}/apps/app-${any()}` : `${PROJECT}/apps`,
    headers,
  });
  const turn = (name: string, side: Side, next: (n: number) => Ask): Turn => ({
    ...side,
    name,
    next,
    tally: new Tally(),
    cpuSeconds: 0,
  });
  return [
    turn("bare read", theirs, () => ({ method: "GET", path: `/read/row-${any()}` })),
    turn("read", ours, read),
    turn("bare write", theirs, () => ({ method: "POST", path: "/write", body: appBody(0) })),
    turn("write", ours, () => put(headers, any(), ++version)),
  ];
}

function figures(turns: Turn[]): Record<string, number> {
  const [bareRead, read, bareWrite, write] = turns.map(({ tally }) => tally);
  if (!bareRead || !read || !bareWrite || !write) throw new Error("four turns make the figures");
  const cpuMs = turns.map(({ name, tally, cpuSeconds }) => [
    `${name.replace(" ", "_")}_cpu_ms`,
    round((cpuSeconds * 1000) / tally.requests, 2),
  ]);
  return {
    read_rps: round(read.rps, 0),
    write_rps: round(write.rps, 0),
    read_p95_ms: round(read.p(0.95)),
    write_p95_ms: round(write.p(0.95)),
    read_ratio: round(read.rps / bareRead.rps, 2),
    write_ratio: round(write.rps / bareWrite.rps, 2),
    bare_read_rps: round(bareRead.rps, 0),
    bare_write_rps: round(bareWrite.rps, 0),
    ...Object.fromEntries(cpuMs),
  };
}
