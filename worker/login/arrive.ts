import { STRANGER } from "../../domain/audit/note.ts";
import { KubeNovaError } from "../../domain/errors/index.ts";
import { admit, type Refusal } from "../../domain/identity/admission.ts";
import { type Claims, readClaims } from "../../domain/identity/claims.ts";
import { MAX_REALM_USERS } from "../../domain/identity/realm.ts";
import type { Call } from "../routing/call.ts";
import { LostRace } from "../routing/call-input.ts";
import { directory } from "../store/database.ts";
import type { NewEvent } from "../store/events.ts";
import {
  admissionFacts,
  findPerson,
  insertIdentity,
  insertUser,
  joinTenant,
  linkUser,
  userStands,
} from "../store/identities.ts";
import type { IdentityProvider } from "../store/identity-providers.ts";
import { insertSession } from "../store/sessions.ts";
import { loginUnnamed } from "./denied.ts";
import { makeRoom } from "./ending.ts";
import { type NewSession, newSession } from "./session.ts";

const REFUSALS: Record<Refusal, string> = {
  disabled: "this user is disabled",
  "email-missing": "the provider sent no e-mail address",
  "email-unverified": "the provider did not say that the e-mail address is verified",
  "email-taken": "a user with this e-mail address logs in another way",
  "not-invited": "nobody with this e-mail address was invited",
  "realm-full": "this tenant has as many users of its own as are allowed",
};

/** Two first logins of one person at once: the second finds what the first made. */
const TRIES = 3;

/**
 * A provider has named a person: the user that he is, or becomes, and his login.
 * @throws KubeNovaError KN-1114, KN-1115, KN-1119
 */
export async function arrive(
  call: Call,
  provider: IdentityProvider,
  token: Record<string, unknown>,
): Promise<NewSession> {
  const claims = readClaims(token, provider);
  if (!claims) {
    const why = { reason: "no subject" };
    throw loginUnnamed(
      call,
      new KubeNovaError("KN-1114", "The ID token has no usable subject.", why),
      provider,
    );
  }
  for (let left = TRIES; ; left--) {
    try {
      return await attempt(call, provider, claims);
    } catch (error) {
      if (!(error instanceof LostRace) || left <= 1) throw error;
    }
  }
}

async function attempt(call: Call, provider: IdentityProvider, claims: Claims): Promise<NewSession> {
  const db = directory(call.env);
  const person = {
    providerId: provider.id,
    tenantId: provider.tenantId,
    issuer: provider.issuer,
    subject: claims.subject,
    email: claims.email ?? null,
  };
  const facts = admissionFacts((await findPerson(db, person, call.now).first()) ?? undefined);
  const admission = admit(provider, claims, facts);
  if (admission.kind === "refused") {
    const userId = facts.known?.id ?? facts.userOfEmail?.id;
    refuse(call, provider, admission.why, userId);
  }
  const userId = admission.kind === "create" ? call.newId("user") : admission.userId;
  const session = await newSession(call, {
    userId,
    providerId: provider.id,
    tenantId: provider.tenantId,
    groups: claims.groups.map((group) => `group/${provider.id}/${group}`),
  });
  const isNewWayIn = admission.kind !== "known";
  const room = await makeRoom(call, session.row);
  await call.commit({
    db,
    statements: [
      ...(admission.kind === "create" ? newUser(call, provider, userId, admission.email, claims.name) : []),
      ...(admission.kind === "link" ? linkUser(db, userId, provider.id) : []),
      ...(isNewWayIn ? [insertIdentity(db, { ...identityOf(person), userId, createdAt: call.now })] : []),
      ...room.statements,
      insertSession(db, session.row),
      // He may have been removed meanwhile: an identity that leads to nobody would keep the person out for good.
      userStands(db, userId, provider.tenantId),
    ],
    events: [...(isNewWayIn ? [wayInEvent(provider, userId, admission.kind)] : []), ...room.events],
    answer: { status: 303 },
    secretReference: `/api/v1/me/sessions/${session.row.id}`,
    audit: {
      action: "login",
      object: `user/${userId}`,
      tenantId: provider.tenantId,
      actor: { kind: "user", id: userId, sessionId: session.row.id },
      reason: `by ${provider.name}${room.reason}`,
    },
  });
  return session;
}

/** A user of the provider's realm; a tenant's is a member there from the start. */
function newUser(
  call: Call,
  { id: providerId, tenantId }: IdentityProvider,
  id: string,
  email: string,
  displayName: string | null = null,
): D1PreparedStatement[] {
  const db = directory(call.env);
  const inserted = insertUser(db, { id, tenantId, email, displayName }, call.now);
  return tenantId === null ? inserted : [...inserted, joinTenant(db, tenantId, id, providerId, call.now)];
}

const identityOf = ({
  providerId,
  issuer,
  subject,
}: {
  providerId: string;
  issuer: string;
  subject: string;
}) => ({
  providerId,
  issuer,
  subject,
});

const wayInEvent = (provider: IdentityProvider, userId: string, kind: "link" | "create"): NewEvent => ({
  type: "evt.access.changed",
  tenantId: provider.tenantId,
  subject: `user/${userId}`,
  data: {
    kind: kind === "create" ? "user-created" : "identity-linked",
    before: null,
    after: { userId, providerId: provider.id },
  },
});

function refuse(call: Call, provider: IdentityProvider, why: Refusal, userId: string | undefined): never {
  const reason = REFUSALS[why];
  const isKnown = userId !== undefined;
  call.audit({
    action: "login",
    object: isKnown ? `user/${userId}` : `identity-provider/${provider.id}`,
    actor: isKnown ? { kind: "user", id: userId } : STRANGER,
    tenantId: provider.tenantId,
    outcome: "denied",
    reason: `${reason}, by ${provider.name}`,
  });
  if (why === "realm-full") {
    throw new KubeNovaError("KN-1119", `The login was refused: ${reason}.`, { max: MAX_REALM_USERS });
  }
  throw new KubeNovaError("KN-1115", `The login was refused: ${reason}.`, { reason, why });
}
