import { beforeAll, expect, it } from "vitest";
import { Browser } from "../../../test/workerd/browser.ts";
import { call, givenProvider, type Provider, TestIssuer } from "../../../test/workerd/login.ts";

/** A stranger is told how to log in, and of no tenant whether it is there. */

const STRANGER = { token: null };
/** Each is told of as one that does not exist. */
const SILENT = ["no-such-tenant", "bare", "switched-off", "gone"];

let platform: Provider;
let own: Provider;

beforeAll(async () => {
  const issuer = await TestIssuer.start();
  platform = await givenProvider(issuer);
  for (const tenant of ["bare", "switched-off", "gone", "acme"]) {
    await call("PUT", `/tenants/${tenant}`, { body: {} });
  }
  own = await givenProvider(issuer, { displayName: "Acme's own" }, "acme");
  await givenProvider(issuer, { enabled: false }, "switched-off");
  await givenProvider(issuer, {}, "gone");
  await call("DELETE", "/tenants/gone?confirm=gone");
});

const waysOf = async (query: string) => {
  const { status, body, headers } = await call<{ items: { id: string }[] }>(
    "GET",
    `/auth/providers${query}`,
    STRANGER,
  );
  const told = [...headers].filter(([name]) => !/^x-(request|correlation)-id$/.test(name)).sort();
  return { status, body, told };
};

const page = async (tenant: string): Promise<string> => {
  const answer = await new Browser().ask(`/device?tenant=${tenant}`);
  return `${answer.status} ${await answer.text()}`.replaceAll(tenant, "").replace(/nonce[-="]+[\w-]+/g, "");
};

it("the ways in of a tenant with a provider of its own are listed, for its people to find them", async () => {
  const { body } = await waysOf("?tenant=acme");
  expect(body.items.map(({ id }) => id)).toEqual([platform.id, own.id]);
});

it.each(SILENT)(
  "'%s' has the platform's ways in alone, as if nobody had asked for a tenant",
  async (tenant) => {
    const answer = await waysOf(`?tenant=${tenant}`);
    expect(answer.status).toBe(200);
    expect(answer).toEqual(await waysOf(""));
  },
);

it("the page to log in on tells as little", async () => {
  const pages = await Promise.all(SILENT.map(page));
  expect(new Set(pages).size).toBe(1);
  expect(pages[0]).toMatch(/^200 /);
  expect(await page("acme")).not.toBe(pages[0]);
});
