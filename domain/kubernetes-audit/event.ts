import { z } from "zod";

const userSchema = z.object({
  username: z.string().optional(),
  groups: z.array(z.string()).optional(),
});

/**
 * What is read of an event of `audit.k8s.io/v1`. Bodies (requestObject, responseObject) are not among it: whatever level
 * the cluster's policy has, none is ever taken.
 */
export const kubernetesEventSchema = z.object({
  auditID: z.string().min(1),
  stage: z.string(),
  requestURI: z.string().default(""),
  verb: z.string().default(""),
  user: userSchema.default({}),
  impersonatedUser: userSchema.optional(),
  sourceIPs: z.array(z.string()).optional(),
  objectRef: z
    .object({
      resource: z.string().optional(),
      apiGroup: z.string().optional(),
      namespace: z.string().optional(),
      name: z.string().optional(),
      subresource: z.string().optional(),
    })
    .optional(),
  responseStatus: z
    .object({ code: z.int().optional(), reason: z.string().optional(), message: z.string().optional() })
    .optional(),
  requestReceivedTimestamp: z.iso.datetime({ offset: true }),
});

export type KubernetesEvent = z.output<typeof kubernetesEventSchema>;

/** The body that the API server's webhook backend sends. */
export const eventListSchema = z.object({
  kind: z.literal("EventList"),
  apiVersion: z.literal("audit.k8s.io/v1"),
  items: z.array(z.unknown()).default([]),
});

export const codeOf = ({ responseStatus }: KubernetesEvent): number => responseStatus?.code ?? 0;
export const isDenied = (code: number): boolean => code === 401 || code === 403;
