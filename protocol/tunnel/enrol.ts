import { z } from "zod";

/** `POST /api/v1/enrol`: the one-time join token buys the cluster's key its place. No other credential is needed. */
export const enrolRequestSchema = z.strictObject({
  /** `jtk_<ULID>.<secret>` */
  token: z.string().min(40).max(256),
  publicKey: z.string().length(43),
  /** Over enrolMessage(…), by the new key. */
  signature: z.string().length(86),
  host: z.string().min(1).max(261),
  clusterUid: z.string().min(1).max(64),
  agentVersion: z.string().min(1).max(64),
});
export type EnrolRequest = z.infer<typeof enrolRequestSchema>;

export const enrolResponseSchema = z.object({
  clusterId: z.string(),
  clusterName: z.string(),
  clusterMode: z.enum(["manage", "read-only"]),
  /** Path of the tunnel on the same host. */
  tunnelPath: z.string(),
});
export type EnrolResponse = z.infer<typeof enrolResponseSchema>;

export const tunnelPath = (clusterId: string): string => `/tunnel/v1/clusters/${clusterId}`;
