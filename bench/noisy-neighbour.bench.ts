/**
 * One tenant at twenty times its limit, another beside it: how much slower are the other's requests than while it is quiet?
 * The noisy one may make 60 requests a minute and is offered 20 a second, so that the limit is what holds it, and not the
 * machine. Quiet and noisy turns follow each other, so that what else the machine does falls on both.
 */
import { ApiClient } from "../test/lib/api.ts";
import { startManager } from "../test/manager/start.ts";
import { percentile, round, say } from "./lib/figures.ts";
import { givenMembers, type MemberKey } from "./lib/members.ts";
import { type Answered, mostWithin, PacedLoad, spread } from "./lib/paced.ts";

const LIMIT = 60;
const OFFERED_PER_SECOND = 20;
const NEIGHBOUR_PER_SECOND = 20;
const TURN_MS = 15_000;
const ROUNDS = 6;
const WARM_UP_MS = 5_000;
const MINUTE_MS = 60_000;

export async function run(): Promise<Record<string, number>> {
  const manager = await startManager({ vars: { LOG_LEVEL: "error" } });
  const api = new ApiClient(manager);
  const loads: PacedLoad[] = [];
  try {
    const ids = [await makeTenant(api, "noisy", LIMIT), await makeTenant(api, "calm", 100_000)];
    const [noisyKey, calmKey] = await givenMembers(manager, ids);
    const url = await manager.directUrl();
    const noisy = new PacedLoad(url, bearer(noisyKey));
    const calm = new PacedLoad(url, bearer(calmKey));
    loads.push(noisy, calm);
    await ask(calm, "calm", NEIGHBOUR_PER_SECOND, WARM_UP_MS);
    const heard: Answered[] = [];
    const [quiet, beside]: [Answered[], Answered[]] = [[], []];
    for (let n = 1; n <= ROUNDS; n++) {
      quiet.push(...(await ask(calm, "calm", NEIGHBOUR_PER_SECOND, TURN_MS)));
      const [besideNow, heardNow] = await Promise.all([
        ask(calm, "calm", NEIGHBOUR_PER_SECOND, TURN_MS),
        ask(noisy, "noisy", OFFERED_PER_SECOND, TURN_MS),
      ]);
      beside.push(...besideNow);
      heard.push(...heardNow);
      say(`${n}/${ROUNDS}  quiet p95 ${round(p95(quiet))} ms  beside the noisy one ${round(p95(beside))} ms`);
    }
    return figures(quiet, beside, heard);
  } finally {
    for (const load of loads) load.close();
    api.close();
    await manager.stop();
  }
}

async function makeTenant(api: ApiClient, name: string, requestsPerMinute: number): Promise<string> {
  const { body } = await api.put<{ id: string }>(`/api/v1/tenants/${name}`, {});
  const figures = { requestsPerMinute, principalRequestsPerMinute: 100_000 };
  await api.put(`/api/v1/tenants/${name}/limits`, figures);
  return body.id;
}

const bearer = (member: MemberKey | undefined) => ({ authorization: `Bearer ${member?.key}` });

const ask = (load: PacedLoad, tenant: string, perSecond: number, ms: number): Promise<Answered[]> =>
  load.send(spread(perSecond, ms), `/api/v1/tenants/${tenant}/projects`);

const p95 = (answers: Answered[]): number =>
  percentile(
    answers.map(({ ms }) => ms),
    0.95,
  );

/** @throws where something else was answered than 200 to the one, and 200 or 429 to the other */
function figures(quiet: Answered[], beside: Answered[], heard: Answered[]): Record<string, number> {
  const passed = heard.filter(({ status }) => status === 200);
  const refused = heard.filter(({ status }) => status === 429);
  if (passed.length + refused.length < heard.length) throw new Error("the noisy tenant met another error");
  const failed = [...quiet, ...beside].filter(({ status }) => status !== 200);
  if (failed.length > 0) throw new Error(`its neighbour was answered ${failed[0]?.status}`);
  return {
    p95_ratio: round(p95(beside) / p95(quiet), 3),
    quiet_p95_ms: round(p95(quiet)),
    beside_p95_ms: round(p95(beside)),
    refused_p95_ms: round(p95(refused)),
    offered: heard.length,
    refused: refused.length,
    limit_per_minute: LIMIT,
    most_in_a_minute: mostWithin(
      passed.map(({ at }) => at),
      MINUTE_MS,
    ),
    neighbour_refused: failed.length,
  };
}
