/**
 * What rights cost: a decision over 1,000 bindings (allowed by one somewhere among them, or by none, in turn), and what
 * an authenticated GET takes longer than the same GET open. The two kinds of GET take turns of half a second, one
 * connection each, so that what else the machine does falls on both; the difference is between their medians.
 */
import { can, type Permission, type Principal, permissionsOf, type Scope } from "../domain/access/index.ts";
import { MAX_REQUESTS_PER_MINUTE } from "../domain/limits/figures.ts";
import { seeded } from "../test/attack/plan.ts";
import { ApiClient } from "../test/lib/api.ts";
import { startManager } from "../test/manager/start.ts";
import { percentile, round, say } from "./lib/figures.ts";
import { Load, Tally } from "./lib/load.ts";

const BINDINGS = 1_000;
const DECISIONS = 20_000;
const ROUNDS = 30;
const TURN_MS = 500;
/** What a person has who works in a few projects, and what few will ever have. */
const [FEW, MANY] = [3, 100];

export async function run(): Promise<Record<string, number>> {
  const decision = usPerDecision();
  say(`${decision} us a decision`);
  const manager = await startManager({ vars: { LOG_LEVEL: "error" }, worker: "bench/open" });
  const api = new ApiClient(manager);
  const url = await manager.directUrl();
  const load = new Load(url, 1);
  try {
    const tenant = (await api.put<{ id: string }>("/api/v1/tenants/acme", {})).body.id;
    await api.put("/api/v1/tenants/acme/limits", {
      requestsPerMinute: MAX_REQUESTS_PER_MINUTE,
      principalRequestsPerMinute: MAX_REQUESTS_PER_MINUTE,
    });
    await api.put("/api/v1/tenants/acme/projects/shop", {});
    const [few, many] = [await tokenOf(load, tenant, FEW), await tokenOf(load, tenant, MANY)];
    const path = "/tenants/acme/projects/shop";
    const asks = [
      { method: "GET", path: `/open${path}` },
      { method: "GET", path: `/api/v1${path}`, headers: { authorization: `Bearer ${few}` } },
      { method: "GET", path: `/api/v1${path}`, headers: { authorization: `Bearer ${many}` } },
    ];
    const tallies = asks.map(() => new Tally());
    for (const ask of asks) await load.during(2_000, () => ask);
    for (let n = 0; n < ROUNDS; n++) {
      for (const [i, ask] of asks.entries()) tallies[i]?.add(await load.during(TURN_MS, () => ask));
    }
    const [open = 0, withFew = 0, withMany = 0] = tallies.map((tally) => tally.p(0.5));
    return {
      us_per_decision: decision,
      added_ms_p50: round(withFew - open, 2),
      added_ms_p50_100_bindings: round(withMany - open, 2),
      open_ms_p50: round(open, 2),
      authenticated_ms_p50: round(withFew, 2),
    };
  } finally {
    load.close();
    api.close();
    await manager.stop();
  }
}

const tokenOf = async (load: Load, tenant: string, bindings: number): Promise<string> =>
  JSON.parse(await load.ask({ method: "POST", path: `/open/user?tenant=${tenant}&bindings=${bindings}` }))
    .token;

function usPerDecision(): number {
  const random = seeded(1);
  const bindings = Array.from({ length: BINDINGS }, (_, n) => ({
    id: `bnd_${n}`,
    role: "developer",
    permissions: permissionsOf("developer", []),
    scope: scopeOf(n),
    subject: "user/usr_1",
    lastUsedAt: null,
  }));
  const principal: Principal = { kind: "user", id: "usr_1", bindings };
  const asked = Array.from({ length: DECISIONS }, (_, n) => {
    const action: Permission = n % 2 === 0 ? "release:deploy" : "tenant:delete";
    return { action, object: objectOf(Math.floor(random() * BINDINGS)) };
  });
  for (const { action, object } of asked) can(principal, action, object);
  const times = Array.from({ length: 9 }, () => {
    const began = process.cpuUsage();
    for (const { action, object } of asked) can(principal, action, object);
    const { user, system } = process.cpuUsage(began);
    return (user + system) / DECISIONS;
  });
  return round(percentile(times, 0.5), 2);
}

const objectOf = (n: number) => ({
  tenantId: `ten_${n % 10}`,
  projectId: `prj_${n % 100}`,
  environmentId: `env_${n}`,
});

const scopeOf = (n: number): Scope => ({ level: "environment", ...objectOf(n) });
