import { z } from "zod";
import { idPattern } from "../../domain/ids/index.ts";
import { phaseSchema } from "../resources/status.ts";
import {
  appStateSchema,
  clusterStateSchema,
  environmentStateSchema,
  planStateSchema,
  projectStateSchema,
  tenantLimitsStateSchema,
  tenantStateSchema,
} from "./states.ts";

/** One landed shape of one event. A change that breaks a consumer is a new version, beside the old one. */
interface EventDefinition<Schema extends z.ZodType> {
  version: number;
  summary: string;
  data: Schema;
}

const define = <Schema extends z.ZodType>(
  version: number,
  summary: string,
  data: Schema,
): EventDefinition<Schema> => ({ version, summary, data });

const created = <S extends z.ZodType>(state: S) => z.strictObject({ before: z.null(), after: state });
const updated = <S extends z.ZodType>(state: S) => z.strictObject({ before: state, after: state });
const deleted = <S extends z.ZodType>(state: S) => z.strictObject({ before: state, after: z.null() });

/** What is deployed where. `app`, `project` and `environment` are names. */
const deployFields = {
  releaseId: z.string().regex(idPattern("release")),
  appId: z.string().regex(idPattern("app")),
  app: z.string(),
  projectId: z.string().regex(idPattern("project")),
  project: z.string(),
  environmentId: z.string().regex(idPattern("environment")),
  environment: z.string(),
  clusterId: z.string().regex(idPattern("cluster")).nullable(),
  revisionId: z.string().regex(idPattern("revision")),
  revisionNumber: z.int().min(1),
};
const deployRequested = z.strictObject({ ...deployFields, action: z.enum(["deploy", "auto"]) });
const rolledBack = z.strictObject({
  ...deployFields,
  /** Revision that ran before: what was left. */
  fromRevisionId: z.string().regex(idPattern("revision")),
});
const deployObserved = z.strictObject({
  ...deployFields,
  phase: phaseSchema,
  message: z.string().nullable(),
});

const clusterEnrolled = z.strictObject({
  kubeUid: z.string(),
  publicKey: z.string(),
  agentVersion: z.string(),
});
const clusterConnected = z.strictObject({
  session: z.int(),
  epoch: z.int(),
  agentVersion: z.string().nullable(),
});
const clusterDisconnected = z.strictObject({
  session: z.int(),
  /** Last sign of life. */
  lastSeenAt: z.iso.datetime().nullable(),
  reason: z.string().max(256),
});
const sessionReplaced = z.strictObject({
  /** The session that is there now, and the last one that was taken over. */
  session: z.int(),
  replacedSession: z.int(),
  /** How many were since the last such event. */
  count: z.int().min(1),
  lastAt: z.iso.datetime(),
});
const epochDeclared = z.strictObject({
  epoch: z.int(),
  previousEpoch: z.int(),
  /** `storage-lost`: the object found itself empty. `declared`: a person said so, after a restore of the database. */
  reason: z.enum(["storage-lost", "declared"]),
});
const clusterOrphaned = z.strictObject({
  epoch: z.int(),
  count: z.int().min(1),
  /** Desired keys, the first hundred. */
  keys: z.array(z.string()).max(100),
});

const orphanRemoved = z.strictObject({
  /** Its desired key: `release/rel_…`. */
  key: z.string().max(64),
});
/** Which token, never the token. */
const joinTokenFields = { joinTokenId: z.string().regex(idPattern("joinToken")) };
const joinTokenCreated = z.strictObject({ ...joinTokenFields, expiresAt: z.iso.datetime() });
const joinTokenRevoked = z.strictObject(joinTokenFields);
/** What of somebody's access was there, and what is there: ids, names, roles and times, never a secret. */
const accessState = z.record(z.string(), z.unknown());
const accessChanged = z.strictObject({
  /** What happened, as `<thing>-<past participle>`: `binding-created`, `session-ended`, `break-glass-used`. */
  kind: z
    .string()
    .max(48)
    .regex(/^[a-z]+(-[a-z]+)+$/),
  before: accessState.nullable(),
  after: accessState.nullable(),
});
const outboxReplayed = z.strictObject({
  /** `events`: whatever became of them; `dead-letters`: those that were given up. */
  of: z.enum(["events", "dead-letters"]),
  count: z.int().min(1),
  /** Sequence numbers of the first and the last event that is delivered again. */
  firstSeq: z.int().min(1),
  lastSeq: z.int().min(1),
});
const rotationFields = {
  rotationId: z.string().regex(idPattern("keyRotation")),
  /** `rewrap`: data keys are wrapped anew; `reseal`: an owner's secrets are sealed anew, with a new data key. */
  kind: z.enum(["rewrap", "reseal"]),
};
const rotationStarted = z.strictObject(rotationFields);
const rotationFinished = z.strictObject({
  ...rotationFields,
  /** Data keys or secrets that were changed, and those that could not be. */
  done: z.int().min(0),
  failed: z.int().min(0),
});
const outboxDiscarded = z.strictObject({
  deadLetterId: z.string().regex(idPattern("deadLetter")),
  eventSeq: z.int().min(1),
  eventType: z.string(),
});

/** Every event there is, by its name. Subjects: `<kind>/<id>`, for deployments `release/<id>`, for replays `outbox/platform`. */
export const EVENTS = {
  "evt.tenant.created": define(1, "A tenant was created.", created(tenantStateSchema)),
  "evt.tenant.updated": define(1, "A tenant was changed.", updated(tenantStateSchema)),
  "evt.tenant.deleted": define(
    1,
    "A tenant was deleted; it can be restored for 30 days.",
    deleted(tenantStateSchema),
  ),
  "evt.tenant.restored": define(1, "A deleted tenant is back.", created(tenantStateSchema)),
  "evt.tenant.limits-changed": define(
    1,
    "What a tenant's callers may use was changed.",
    updated(tenantLimitsStateSchema),
  ),
  "evt.plan.created": define(1, "A plan was made.", created(planStateSchema)),
  "evt.plan.updated": define(
    1,
    "A plan was changed: its figures hold for its tenants within a minute.",
    updated(planStateSchema),
  ),
  "evt.plan.deleted": define(1, "A plan is no more; no tenant was on it.", deleted(planStateSchema)),
  "evt.project.created": define(1, "A project was created.", created(projectStateSchema)),
  "evt.project.updated": define(1, "A project was changed.", updated(projectStateSchema)),
  "evt.project.deleted": define(
    1,
    "A project was deleted; it can be restored for 30 days.",
    deleted(projectStateSchema),
  ),
  "evt.project.restored": define(1, "A deleted project is back.", created(projectStateSchema)),
  "evt.environment.created": define(1, "An environment was created.", created(environmentStateSchema)),
  "evt.environment.updated": define(
    1,
    "An environment was changed or placed elsewhere.",
    updated(environmentStateSchema),
  ),
  "evt.environment.deleted": define(
    1,
    "An environment was deleted; its namespace stays until the purge.",
    deleted(environmentStateSchema),
  ),
  "evt.environment.restored": define(1, "A deleted environment is back.", created(environmentStateSchema)),
  "evt.app.created": define(1, "An app was created.", created(appStateSchema)),
  "evt.app.updated": define(
    1,
    "An app was changed; a new content is a new revision.",
    updated(appStateSchema),
  ),
  "evt.app.deleted": define(1, "An app was deleted; its workloads stop.", deleted(appStateSchema)),
  "evt.app.restored": define(1, "A deleted app is back.", created(appStateSchema)),
  "evt.deploy.requested": define(1, "A revision is to run in an environment.", deployRequested),
  "evt.deploy.rolled-back": define(1, "An environment is to go back to an earlier revision.", rolledBack),
  "evt.deploy.started": define(1, "The cluster began to roll a revision out.", deployObserved),
  "evt.deploy.succeeded": define(1, "The revision runs and is ready.", deployObserved),
  "evt.deploy.failed": define(1, "The revision did not become ready.", deployObserved),
  "evt.cluster.created": define(1, "A cluster was registered.", created(clusterStateSchema)),
  "evt.cluster.updated": define(1, "A cluster's registration was changed.", updated(clusterStateSchema)),
  "evt.cluster.deleted": define(
    1,
    "A cluster was deleted; its agent is cut off.",
    deleted(clusterStateSchema),
  ),
  "evt.cluster.enrolled": define(1, "An agent enrolled with a join token.", clusterEnrolled),
  "evt.cluster.connected": define(1, "A cluster's agent is connected.", clusterConnected),
  "evt.cluster.disconnected": define(1, "A cluster's agent is silent.", clusterDisconnected),
  "evt.cluster.session-replaced": define(
    1,
    "A second agent took the session of one that was still there: two agents use one cluster's identity.",
    sessionReplaced,
  ),
  "evt.cluster.epoch-declared": define(1, "The desired set of a cluster has a new lineage.", epochDeclared),
  "evt.cluster.orphaned": define(
    1,
    "A cluster holds objects that its desired set no longer names.",
    clusterOrphaned,
  ),
  "evt.cluster.orphan-removed": define(1, "A person confirmed that an orphan is deleted.", orphanRemoved),
  "evt.cluster.join-token-created": define(1, "A further join token was made.", joinTokenCreated),
  "evt.cluster.join-token-revoked": define(1, "A join token was revoked.", joinTokenRevoked),
  "evt.access.changed": define(
    1,
    "Who may do what has changed, or who somebody is: a binding, a key, a way to log in, a login.",
    accessChanged,
  ),
  "evt.key.rotation-started": define(1, "Data keys are wrapped, or secrets sealed, anew.", rotationStarted),
  "evt.key.rotation-finished": define(1, "A rotation of keys has ended.", rotationFinished),
  "evt.outbox.replayed": define(1, "Events are delivered again.", outboxReplayed),
  "evt.outbox.discarded": define(1, "A dead letter will never be delivered.", outboxDiscarded),
} as const;

export type EventType = keyof typeof EVENTS;
export type EventData<T extends EventType> = z.infer<(typeof EVENTS)[T]["data"]>;

export const isEventType = (type: string): type is EventType => Object.hasOwn(EVENTS, type);
