import { z } from "zod";
import { idPattern } from "../../../domain/ids/index.ts";
import { nameSchema } from "../../../domain/names/index.ts";
import { renderReportSchema } from "../../../protocol/resources/render-report.ts";
import { nodeReportSchema, PHASES } from "../../../protocol/resources/status.ts";
import { violationSchema } from "../../../protocol/resources/violation.ts";
import { projectParams } from "../projects/schema.ts";
import { timeSchema } from "../shared/catalogue.ts";

export const revisionRefSchema = z
  .object({ id: z.string().regex(idPattern("revision")), number: z.int().min(1) })
  .meta({ id: "RevisionRef" });

const countsSchema = z.object({ total: z.int(), ready: z.int(), failed: z.int() });

const summaryFields = {
  id: z.string().regex(idPattern("release")),
  app: nameSchema,
  environment: nameSchema,
  revision: revisionRefSchema,
  phase: z.enum([...PHASES, "Unknown"]).meta({
    description: "How it goes there. Unknown where the cluster is silent: what was last seen proves nothing.",
  }),
  message: z.string().optional(),
  cluster: nameSchema.nullable(),
  namespace: z.string(),
  desiredRevision: z.int().meta({ description: "Grows with each change of what the cluster is told." }),
  version: z.int().min(1),
  updatedAt: timeSchema,
};

/** In lists, and beside an app. */
export const releaseSummarySchema = z.object(summaryFields).meta({ id: "ReleaseSummary" });

export const releasePageSchema = z
  .object({ items: z.array(releaseSummarySchema), nextCursor: z.null() })
  .meta({ id: "ReleasePage" });

export const deploymentSchema = z
  .object({
    id: z.string().regex(idPattern("deployment")),
    revision: revisionRefSchema,
    action: z.enum(["deploy", "rollback", "auto"]),
    actor: z.string(),
    correlationId: z.string(),
    at: timeSchema,
  })
  .meta({ id: "Deployment" });

export const releaseSchema = z
  .object({
    ...summaryFields,
    observed: z
      .object({
        phase: z.enum(PHASES),
        desiredRevision: z.int(),
        revisionId: z.string().optional(),
        at: timeSchema.optional(),
      })
      .nullable()
      .meta({ description: "What the cluster last said; null where it has said nothing." }),
    counts: countsSchema.optional(),
    nodes: z.array(nodeReportSchema).optional(),
    violations: z
      .array(violationSchema.meta({ id: "Violation" }))
      .optional()
      .meta({ description: "What policies found, Deny first. A Deny stops before anything is applied." }),
    render: renderReportSchema.meta({ id: "RenderReport" }).optional().meta({
      description: "Of a source that is rendered from a module. With errors, what ran before keeps running.",
    }),
    connected: z.boolean(),
    lastSeenAt: timeSchema.nullable(),
    correlationId: z.string(),
    createdAt: timeSchema,
    history: z.array(deploymentSchema).meta({ description: "Deployments there, newest first." }),
  })
  .meta({ id: "Release" });

export const releaseParams = projectParams.extend({
  app: nameSchema.meta({ examples: ["web"] }),
  environment: nameSchema.meta({ examples: ["staging"] }),
});

/** `latest`, a revision's number or its id. */
export const revisionSelectorSchema = z
  .union([z.literal("latest"), z.int().min(1), z.string().regex(idPattern("revision"))])
  .meta({ description: "`latest`, a number, or an id." });

export const releaseSummaryExample = {
  id: "rel_01KAJ85Q7F9H1K3N5Q7S9T1W3Z",
  app: "web",
  environment: "staging",
  revision: { id: "rev_01KAJ84P6E8G0J2M4P6R8T0W2Y", number: 1 },
  phase: "Pending" as const,
  message: "The cluster has not reported on this yet.",
  cluster: "berlin-1",
  namespace: "acme-shop-staging",
  desiredRevision: 1,
  version: 1,
  updatedAt: "2026-11-21T10:00:00.000Z",
};

export const deploymentExample = {
  id: "dep_01KAJ86R8G0J2M4P6R8T0W2Y4A",
  revision: releaseSummaryExample.revision,
  action: "auto" as const,
  actor: "platform-admin",
  correlationId: "checkout-42",
  at: "2026-11-21T10:00:00.000Z",
};

export const releaseExample = {
  ...releaseSummaryExample,
  phase: "Ready" as const,
  message: undefined,
  observed: {
    phase: "Ready" as const,
    desiredRevision: 1,
    revisionId: releaseSummaryExample.revision.id,
    at: "2026-11-21T10:00:04.000Z",
  },
  counts: { total: 3, ready: 3, failed: 0 },
  nodes: [
    { id: "deployment/web", kind: "Deployment", name: "web", namespace: "acme-shop-staging", state: "Ready" },
  ],
  violations: [
    {
      path: "nodes.web.object.spec.replicas",
      message: "one replica is none while its node restarts",
      severity: "Warn" as const,
      policy: "limits",
    },
  ],
  render: { digest: `sha256:${"4e".repeat(32)}` },
  connected: true,
  lastSeenAt: "2026-11-21T10:05:00.000Z",
  correlationId: "checkout-42",
  createdAt: "2026-11-21T10:00:00.000Z",
  history: [deploymentExample],
};
