import { z } from "zod";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { readUserCode } from "../../../domain/identity/user-code.ts";
import { checkSameOrigin } from "../../login/cookies.ts";
import type { PresentedSession } from "../../login/credential.ts";
import { noSuchDevice, sessionDenied } from "../../login/denied.ts";
import { codePage, donePage } from "../../pages/device.ts";
import { orErrorPage } from "../../pages/error.ts";
import type { Call } from "../../routing/call.ts";
import { defineRoute } from "../../routing/define.ts";
import { readBounded } from "../../routing/requests.ts";
import { directory } from "../../store/database.ts";
import { decideDevice, deviceLoginOf, findByUserCode } from "../../store/device-logins.ts";
import { guardOne } from "../../store/rows.ts";
import { isFormProof, visitorOf } from "./visitor.ts";

const MAX_FORM_BYTES = 2_048;

export const decideDeviceLogin = defineRoute({
  method: "post",
  path: "/device",
  operationId: "decideDeviceLogin",
  tag: "auth",
  summary: "Approve or refuse a terminal's login",
  description:
    "The form of the page, `application/x-www-form-urlencoded`: `user_code`, `decision` and the `proof` that stood in it. From a page of this manager alone.",
  action: "public",
  answers: {
    200: { description: "A page.", mediaType: "text/html", schema: z.string(), example: "<!doctype html>" },
    303: { description: "Nobody is logged in: to the page.", headers: ["Location"] },
    404: {
      description: "A page: no terminal waits with this code.",
      mediaType: "text/html",
      schema: z.string(),
      example: "<!doctype html>",
    },
  },
  errors: ["KN-1003", "KN-1117"],
  handler: (call) => orErrorPage(call, decide(call)),
});

async function decide(call: Call) {
  checkSameOrigin(call);
  const form = new URLSearchParams(new TextDecoder().decode(await readBounded(call.request, MAX_FORM_BYTES)));
  const visitor = await visitorOf(call.request, call.env, call.now);
  if (!visitor) return { status: 303, location: "/device" };
  const userCode = readUserCode(form.get("user_code") ?? "") ?? "";
  if (!(await isFormProof(call.env, visitor.session.id, userCode, form.get("proof") ?? ""))) {
    throw sessionDenied(call, new KubeNovaError("KN-1117"), visitor);
  }
  return record(call, visitor, userCode, form.get("decision") === "approve");
}

async function record(call: Call, visitor: PresentedSession, userCode: string, approved: boolean) {
  const { session, user } = visitor;
  const db = directory(call.env);
  const [row] = await call.read(db, [findByUserCode(db, userCode, call.now)]);
  const device = deviceLoginOf(row?.results[0]);
  if (!device) {
    noSuchDevice(call, visitor);
    return codePage(user.email, "No terminal waits with this code any more.");
  }
  await call.commit({
    db,
    statements: [
      decideDevice(db, device.id, approved ? "approved" : "denied", session.id, call.now),
      guardOne(db),
    ],
    events: [
      {
        type: "evt.access.changed",
        tenantId: session.tenantId,
        subject: `user/${user.id}`,
        data: {
          kind: approved ? "device-approved" : "device-denied",
          before: null,
          after: { userId: user.id, deviceLoginId: device.id, client: device.client },
        },
      },
    ],
    answer: { status: 200 },
    audit: {
      actor: { kind: "user", id: user.id, sessionId: session.id },
      object: `device-login/${device.id}`,
      reason: approved ? "approved" : "refused",
    },
  });
  return donePage(approved);
}
