import { z } from "zod";
import { readUserCode } from "../../../domain/identity/user-code.ts";
import { addressOf, loginAllowed, loginFailed, loginSucceeded } from "../../limits/login.ts";
import { noSuchDevice } from "../../login/denied.ts";
import { codePage, confirmPage, loginPage } from "../../pages/device.ts";
import { orErrorPage } from "../../pages/error.ts";
import type { Call } from "../../routing/call.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { deviceLoginOf, findByUserCode } from "../../store/device-logins.ts";
import { listOpenProviders, providerOf } from "../../store/identity-providers.ts";
import { formProof, visitorOf } from "./visitor.ts";

interface PageQuery {
  user_code?: string | undefined;
  tenant?: string | undefined;
}

export const showDevicePage = defineRoute({
  method: "get",
  path: "/device",
  operationId: "showDevicePage",
  tag: "auth",
  summary: "Confirm a terminal's login",
  description: "For people: log in, then confirm the code that the terminal shows.",
  action: "public",
  query: z.strictObject({
    user_code: z
      .string()
      .max(64)
      .optional()
      .meta({ examples: ["WDJB-MJHT"] }),
    tenant: z
      .string()
      .max(64)
      .optional()
      .meta({ examples: ["acme"] }),
  }),
  answers: {
    200: { description: "A page.", mediaType: "text/html", schema: z.string(), example: "<!doctype html>" },
    404: {
      description: "A page: no terminal waits with this code.",
      mediaType: "text/html",
      schema: z.string(),
      example: "<!doctype html>",
    },
  },
  errors: ["KN-1602"],
  handler: (call) => orErrorPage(call, show(call)),
});

async function show(call: Call<unknown, PageQuery>): Promise<Response> {
  const db = directory(call.env);
  const visitor = await visitorOf(call.request, call.env, call.now);
  const { user_code: typed = "", tenant = "" } = call.query;
  if (!visitor) {
    const name = tenant.trim().toLowerCase() || null;
    const [rows] = await call.read(db, [listOpenProviders(db, name)]);
    const ways = (rows?.results ?? []).flatMap((row) => providerOf(row) ?? []);
    return loginPage(ways, { userCode: readUserCode(typed) ?? null, tenant: name });
  }
  const { user, session } = visitor;
  if (typed === "") return codePage(user.email);
  const tries = { address: addressOf(call.request), account: `device-codes/${user.id}` };
  await loginAllowed(call.env, tries, call.now);
  const userCode = readUserCode(typed);
  const device = userCode && deviceLoginOf(await findByUserCode(db, userCode, call.now).first());
  if (!device) {
    await loginFailed(call.env, tries, call.now);
    noSuchDevice(call, visitor);
    return codePage(user.email, "No terminal waits with this code. It is good for ten minutes.");
  }
  await loginSucceeded(call.env, tries, call.now);
  const proof = await formProof(call.env, session.id, device.userCode);
  return confirmPage(user.email, device, proof, call.now);
}
