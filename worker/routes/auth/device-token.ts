import { z } from "zod";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { type DevicePoll, judgePoll, nextInterval } from "../../../domain/identity/device.ts";
import { hashSecret } from "../../keys/secret.ts";
import { addressOf, loginAllowed, loginSucceeded } from "../../limits/login.ts";
import { sessionDenied, strangerDenied } from "../../login/denied.ts";
import { makeRoom } from "../../login/ending.ts";
import { newSession, tokensOf } from "../../login/session.ts";
import type { Call } from "../../routing/call.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import {
  type DeviceLogin,
  deviceLoginOf,
  findByDeviceHash,
  recordPoll,
  useDevice,
} from "../../store/device-logins.ts";
import { guardOne } from "../../store/rows.ts";
import { findSession, insertSession, ownedSession } from "../../store/sessions.ts";
import { tokensExample, tokensSchema } from "./schema.ts";

const SAID: Record<Exclude<DevicePoll, "approved">, string> = {
  slow_down: "Wait longer between two questions.",
  authorization_pending: "The person has not answered yet.",
  access_denied: "The person refused.",
  expired_token: "The codes are past their time; begin again.",
  invalid_grant: "There is no such device code, or its tokens were given already.",
};

export const finishDeviceLogin = defineRoute({
  method: "post",
  path: "/api/v1/auth/device/token",
  operationId: "finishDeviceLogin",
  tag: "auth",
  summary: "Ask for a terminal's tokens",
  description:
    "Until the person has answered: KN-1118 with `details.error`: `authorization_pending` (go on), `slow_down` (go on with `details.interval`), `access_denied`, `expired_token` or `invalid_grant` (stop).",
  action: "public",
  body: {
    schema: z.strictObject({ deviceCode: z.string().max(64) }).meta({ id: "DeviceTokenRequest" }),
    example: { deviceCode: "knd_n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg" },
  },
  answers: { 200: { description: "The tokens.", schema: tokensSchema, example: tokensExample } },
  errors: ["KN-1118", "KN-1602"],
  async handler(call) {
    const tries = { address: addressOf(call.request) };
    await loginAllowed(call.env, tries, call.now);
    const db = directory(call.env);
    const hash = await hashSecret(call.body.deviceCode);
    const device = deviceLoginOf(await findByDeviceHash(db, hash).first());
    if (!device) throw strangerDenied(call, refused("invalid_grant"), "device-login/unknown");
    call.waitUntil(loginSucceeded(call.env, tries, call.now));
    const poll = judgePoll(device, call.now);
    const interval = nextInterval(device, poll);
    const { meta } = await recordPoll(db, device, { now: call.now, interval }).run();
    if (meta.changes !== 1) throw refused("slow_down", interval);
    if (poll !== "approved") throw refused(poll, interval);
    return give(call, device);
  },
});

/** The tokens of a login of its own, by the same way in as the person's who approved it. */
async function give(call: Call, device: DeviceLogin) {
  const db = directory(call.env);
  const approver = ownedSession((await findSession(db, device.approvedBy ?? "").first()) ?? undefined);
  const isLive = approver && approver.session.endedAt === null && !approver.user.disabled;
  if (!isLive) {
    const error = refused("access_denied");
    throw approver
      ? sessionDenied(call, error, approver)
      : strangerDenied(call, error, `device-login/${device.id}`);
  }
  const { userId, providerId, tenantId, groups, createdAt } = approver.session;
  const source = { userId, providerId, tenantId, groups, createdAt };
  const { row, refreshToken } = await newSession(call, source);
  const body = await tokensOf(call, row, refreshToken);
  const [room] = await Promise.all([makeRoom(call, row), call.read(db, [])]);
  return call.commit({
    db,
    statements: [useDevice(db, device.id), guardOne(db), ...room.statements, insertSession(db, row)],
    events: room.events,
    answer: { status: 200, body },
    secretReference: `/api/v1/me/sessions/${row.id}`,
    audit: {
      action: "login",
      object: `user/${userId}`,
      tenantId,
      actor: { kind: "user", id: userId, sessionId: row.id },
      reason: `by the device code of ${device.id}, which ${approver.session.id} approved${room.reason}`,
    },
  });
}

const refused = (error: Exclude<DevicePoll, "approved">, interval?: number): KubeNovaError =>
  new KubeNovaError("KN-1118", SAID[error], { error, ...(interval === undefined ? {} : { interval }) });
