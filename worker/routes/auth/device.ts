import { z } from "zod";
import { toBase64Url } from "../../../domain/encoding/base64url.ts";
import { DEVICE_INTERVAL_SECONDS, DEVICE_TTL_MS } from "../../../domain/identity/device.ts";
import { USER_CODE_RANDOM_BYTES, userCodeFrom } from "../../../domain/identity/user-code.ts";
import { hashSecret } from "../../keys/secret.ts";
import { addressOf, loginAllowed } from "../../limits/login.ts";
import { originOf } from "../../login/session.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { insertDeviceLogin } from "../../store/device-logins.ts";
import { displayNameSchema } from "../shared/catalogue.ts";

const SECRET_BYTES = 32;

export const startDeviceLogin = defineRoute({
  method: "post",
  path: "/api/v1/auth/device",
  operationId: "startDeviceLogin",
  tag: "auth",
  summary: "Log a terminal in",
  description:
    "The device authorization grant (RFC 8628): show the person `userCode` and `verificationUri`, then ask `POST /api/v1/auth/device/token` every `interval` seconds.",
  action: "public",
  body: {
    schema: z
      .strictObject({
        client: displayNameSchema
          .min(1)
          .max(100)
          .optional()
          .meta({ description: "What asks, for the person." }),
      })
      .meta({ id: "DeviceLoginRequest" }),
    example: { client: "kubenova CLI on ada-laptop" },
    optional: true,
  },
  answers: {
    200: {
      description: "The codes, good for 10 minutes.",
      schema: z
        .object({
          deviceCode: z.string(),
          userCode: z.string(),
          verificationUri: z.string(),
          verificationUriComplete: z.string(),
          expiresIn: z.int(),
          interval: z.int().meta({ description: "Seconds between two questions." }),
        })
        .meta({ id: "DeviceLogin" }),
      example: {
        deviceCode: "knd_n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg",
        userCode: "WDJB-MJHT",
        verificationUri: "https://kubenova.example.com/device",
        verificationUriComplete: "https://kubenova.example.com/device?user_code=WDJB-MJHT",
        expiresIn: DEVICE_TTL_MS / 1000,
        interval: DEVICE_INTERVAL_SECONDS,
      },
    },
  },
  errors: ["KN-1602"],
  async handler(call) {
    await loginAllowed(call.env, { address: addressOf(call.request) }, call.now);
    const deviceCode = `knd_${toBase64Url(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))}`;
    const userCode = newUserCode();
    const db = directory(call.env);
    await insertDeviceLogin(db, {
      id: call.newId("deviceLogin"),
      deviceHash: await hashSecret(deviceCode),
      userCode,
      client: call.body?.client ?? "a terminal that gives no name",
      ...originOf(call.request),
      state: "pending",
      interval: DEVICE_INTERVAL_SECONDS,
      lastPolledAt: null,
      approvedBy: null,
      createdAt: call.now,
      expiresAt: call.now + DEVICE_TTL_MS,
    }).run();
    const verificationUri = `${new URL(call.request.url).origin}/device`;
    return {
      status: 200,
      body: {
        deviceCode,
        userCode,
        verificationUri,
        verificationUriComplete: `${verificationUri}?user_code=${userCode}`,
        expiresIn: DEVICE_TTL_MS / 1000,
        interval: DEVICE_INTERVAL_SECONDS,
      },
    };
  },
});

function newUserCode(): string {
  for (;;) {
    const code = userCodeFrom(crypto.getRandomValues(new Uint8Array(USER_CODE_RANDOM_BYTES)));
    if (code !== undefined) return code;
  }
}
