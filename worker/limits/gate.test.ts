import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { until } from "../../test/lib/until.ts";
import { Gate } from "./gate.ts";

const ADDRESS = "203.0.113.200";
/** See SHIELD in wrangler.toml. */
const TRIES_PER_MINUTE = 1_000;

const gateOf = (secretHash: string, address = ADDRESS) =>
  new Gate({
    env,
    request: new Request("https://kubenova.test/", { headers: { "cf-connecting-ip": address } }),
    caller: { kind: "api-key", id: "key_guessed", secretHash },
    tenant: undefined,
    waitUntil: () => undefined,
  });

it("an address that tries key after key is stopped before the database is asked, and no other is", async () => {
  await expect(gateOf("first").enter()).resolves.toBeUndefined();
  let n = 0;
  const isStopped = async (): Promise<boolean> => {
    await Promise.all(Array.from({ length: 100 }, () => env.SHIELD?.limit({ key: ADDRESS })));
    const entered = gateOf(`another-${n++}`).enter();
    return entered.then(
      () => false,
      ({ code }) => code === "KN-1600",
    );
  };
  await until("the address is stopped", isStopped, { deadlineMs: 50_000 });
  // At most a minute's tries, and those of the minute before where one ended meanwhile.
  expect(n).toBeLessThanOrEqual((2 * TRIES_PER_MINUTE) / 100 + 1);
  await expect(gateOf("another one", "203.0.113.201").enter()).resolves.toBeUndefined();
});
