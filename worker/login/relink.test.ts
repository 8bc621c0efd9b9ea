import { beforeAll, describe, expect, it } from "vitest";
import type { Scope } from "../../domain/access/index.ts";
import { Browser } from "../../test/workerd/browser.ts";
import { call, givenProvider, loggedIn, logIn, type Provider, TestIssuer } from "../../test/workerd/login.ts";
import { givenBinding, givenMember, givenUser, type TestUser } from "../../test/workerd/principals.ts";

/** An address is never enough: not where its provider is gone either. */

const ACME = "/tenants/acme/identity-providers";
let acme: Scope;
let admin: TestUser;

beforeAll(async () => {
  const { id } = (await call<{ id: string }>("PUT", "/tenants/acme", { body: {} })).body;
  acme = { level: "tenant", tenantId: id };
  admin = await givenMember(id, [{ role: "tenant-admin", scope: acme }]);
});

const given = async (tenant?: string): Promise<Provider> =>
  givenProvider(await TestIssuer.start(), {}, tenant);
const remove = (path: string, { name }: Provider) => call("DELETE", `${path}/${name}?confirm=${name}`);
const refused = async (provider: Provider, person: string): Promise<boolean> => {
  const response = await logIn(new Browser(), provider, person);
  return response.status === 403 && (await response.text()).includes("logs in another way");
};
const patch = (path: string, relinkTo: string | null, token?: string) =>
  call("PATCH", path, { body: { relinkTo }, ...(token === undefined ? {} : { token }) });

describe("a user whose provider is deleted", () => {
  it("is not whoever makes the next one and claims his address", async () => {
    const email = "owner@taken.example";
    const [first, next] = [await given("acme"), await given("acme")];
    const { userId } = await loggedIn(first, email);
    await givenBinding(`user/${userId}`, { role: "tenant-owner", scope: acme });
    expect((await remove(ACME, first)).status).toBe(204);
    expect(await refused(next, email)).toBe(true);
  });

  it("of the platform neither", async () => {
    const email = "admin@taken.example";
    const [first, next] = [await given(), await given()];
    await loggedIn(first, email);
    expect((await remove("/identity-providers", first)).status).toBe(204);
    expect(await refused(next, email)).toBe(true);
  });

  it("is moved by who holds all that he has, and comes in by that provider alone, once", async () => {
    const email = "mover@moved.example";
    const [first, next, evil] = [await given("acme"), await given("acme"), await given("acme")];
    const owner = await loggedIn(first, email);
    await givenBinding(`user/${owner.userId}`, { role: "tenant-owner", scope: acme });
    const path = `/tenants/acme/members/${owner.userId}`;
    expect((await patch(path, evil.name, admin.token)).code).toBe("KN-1130");
    expect((await patch(path, "none", owner.token)).code).toBe("KN-1002");
    expect((await patch(path, (await given()).name, owner.token)).code).toBe("KN-1002");
    expect((await patch(path, next.name, owner.token)).body).toMatchObject({ relinkTo: next.id });
    expect(await refused(evil, email)).toBe(true);
    await remove(ACME, first);
    expect((await loggedIn(next, email)).userId).toBe(owner.userId);
    expect((await call("GET", path)).body).not.toHaveProperty("relinkTo");
    expect((await loggedIn(next, email)).userId).toBe(owner.userId);
    expect((await patch(path, evil.name)).status).toBe(200);
    expect((await patch(path, null)).status).toBe(200);
    expect(await refused(evil, email)).toBe(true);
  });

  it("of the platform is moved by the platform, by who holds what he has anywhere", async () => {
    const email = "wide@moved.example";
    const [first, next] = [await given(), await given()];
    const { userId } = await loggedIn(first, email);
    await givenBinding(`user/${userId}`, { role: "tenant-owner", scope: acme });
    await remove("/identity-providers", first);
    const platform: Scope = { level: "platform" };
    const role = (
      await call<{ id: string }>("POST", "/roles", {
        body: { name: "user-helper", permissions: ["user:get", "user:update"] },
      })
    ).body.id;
    const helper = await givenUser([{ role, scope: platform }]);
    expect((await patch(`/users/${userId}`, next.id, helper.token)).code).toBe("KN-1130");
    const whole = await givenUser([{ role: "platform-admin", scope: platform }]);
    expect((await patch(`/users/${userId}`, next.id, whole.token)).status).toBe(200);
    expect((await loggedIn(next, email)).userId).toBe(userId);
  });
});
