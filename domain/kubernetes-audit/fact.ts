import { z } from "zod";
import { MAX_GROUPS, MAX_REASON_LENGTH } from "../audit/entry.ts";
import { redactText } from "../audit/redact.ts";
import { codeOf, eventListSchema, isDenied, type KubernetesEvent, kubernetesEventSchema } from "./event.ts";
import { isConnect, isKept, kindOf, type Own } from "./keep.ts";

const MAX_NAME = 128;
const MAX_OBJECT = 256;
/** What the answer says is only told where it speaks of names: others (422, a webhook's) may repeat what was sent. */
const TELLING = new Set([401, 403, 404, 409]);

/** What is told of one request to an API server: names, never what was in it. Each field has a bound. */
export const kubernetesFactSchema = z.object({
  auditId: z.string().min(1).max(MAX_NAME),
  stage: z.enum(["ResponseComplete", "Panic"]),
  /** When the API server received the request. */
  time: z.iso.datetime(),
  user: z.string().min(1).max(MAX_NAME),
  groups: z.array(z.string().max(MAX_NAME)).max(MAX_GROUPS).optional(),
  /** Whom the user acted as. */
  as: z.string().min(1).max(MAX_NAME).optional(),
  verb: z.string().regex(/^[a-z-]{1,50}$/),
  /** `kubernetes/<resource>[.<group>]/<namespace or _>/<name or *>[/<subresource>]` */
  object: z
    .string()
    .max(MAX_OBJECT)
    .regex(/^kubernetes\/\S+$/),
  namespace: z.string().max(63).optional(),
  code: z.int().min(0).max(599),
  reason: z.string().max(MAX_REASON_LENGTH).optional(),
  /** Of the change that caused the request, where the agent made it. */
  correlationId: z.string().min(1).max(MAX_NAME).optional(),
  address: z.string().max(64).optional(),
  /** How often, where like refusals were counted together. */
  count: z.int().min(2).optional(),
});

export type KubernetesFact = z.output<typeof kubernetesFactSchema>;

export interface Context {
  own: Own;
  /** The correlation id that an Audit-ID of the agent's own was made from. */
  correlationOf: (auditId: string) => string | undefined;
}

export interface Facts {
  facts: KubernetesFact[];
  /** Items that are no events. */
  unfit: number;
}

/**
 * What is kept of a body of the webhook backend; undefined where it is none. The same body always gives the same facts.
 * Refusals that are alike but for their object are counted together, so that whoever knocks fills no log.
 */
export function factsOf(body: unknown, context: Context): Facts | undefined {
  const list = eventListSchema.safeParse(body);
  if (!list.success) return undefined;
  const facts = new Map<string, KubernetesFact>();
  let unfit = 0;
  for (const item of list.data.items) {
    const event = kubernetesEventSchema.safeParse(item);
    if (!event.success) unfit += 1;
    else if (isKept(event.data, context.own)) {
      const fact = factOf(event.data, context);
      const key = likeness(event.data, fact);
      const before = facts.get(key);
      facts.set(key, before && isDenied(fact.code) ? { ...before, count: (before.count ?? 1) + 1 } : fact);
    }
  }
  return { facts: [...facts.values()], unfit };
}

const likeness = (event: KubernetesEvent, fact: KubernetesFact): string =>
  isDenied(fact.code)
    ? JSON.stringify([fact.user, fact.as, fact.verb, kindOf(event), fact.namespace, fact.code])
    : JSON.stringify([fact.auditId, fact.stage, fact.time, fact.user, fact.as, fact.verb, fact.object]);

function factOf(event: KubernetesEvent, { own, correlationOf }: Context): KubernetesFact {
  const { user, impersonatedUser, objectRef, sourceIPs, auditID } = event;
  const code = Math.min(Math.max(codeOf(event), 0), 599);
  const reason = reasonOf(event, code);
  const groups = (user.groups ?? []).slice(0, MAX_GROUPS).map((group) => cut(group, MAX_NAME));
  // Anybody may send any Audit-ID: only the agent's own say what they were caused by.
  const correlationId = user.username === own.user ? correlationOf(auditID) : undefined;
  // The last is who was connected; those before are what the client said of itself.
  const address = sourceIPs?.at(-1)?.slice(0, 64);
  return {
    auditId: cut(auditID, MAX_NAME),
    stage: event.stage === "Panic" ? "Panic" : "ResponseComplete",
    time: new Date(event.requestReceivedTimestamp).toISOString(),
    user: cut(user.username || "system:anonymous", MAX_NAME),
    ...(groups.length > 0 ? { groups } : {}),
    ...(impersonatedUser?.username ? { as: cut(impersonatedUser.username, MAX_NAME) } : {}),
    verb: verbOf(event),
    object: objectOf(event),
    ...(objectRef?.namespace ? { namespace: objectRef.namespace.slice(0, 63) } : {}),
    code,
    ...(reason ? { reason } : {}),
    ...(correlationId ? { correlationId: correlationId.slice(0, MAX_NAME) } : {}),
    ...(address ? { address } : {}),
  };
}

const verbOf = (event: KubernetesEvent): string =>
  isConnect(event) ? "connect" : (/^[a-z-]{1,50}$/.exec(event.verb)?.[0] ?? "other");

function objectOf(event: KubernetesEvent): string {
  const { objectRef, requestURI } = event;
  if (!objectRef?.resource) return name(["_", requestURI.split("?", 1)[0]?.replace(/^\//, "") || "*"]);
  const { namespace = "_", name: own = "*", subresource } = objectRef;
  return name([kindOf(event), namespace || "_", own || "*", ...(subresource ? [subresource] : [])]);
}

const name = (parts: string[]): string =>
  cut(`kubernetes/${parts.join("/")}`.replaceAll(/[\s\p{Cc}]+/gu, "_"), MAX_OBJECT);

function reasonOf({ responseStatus }: KubernetesEvent, code: number): string | undefined {
  if (code < 400) return undefined;
  const message = TELLING.has(code) ? responseStatus?.message : undefined;
  const told = [responseStatus?.reason, message].filter(Boolean).join(": ");
  return redactText(told ? `${code} ${told}` : `${code}`, MAX_REASON_LENGTH);
}

/** Both ends of what is too long: names differ at either. */
function cut(text: string, max: number): string {
  const half = (max >> 1) - 1;
  return text.length <= max ? text : `${text.slice(0, half)}…${text.slice(-half)}`;
}
