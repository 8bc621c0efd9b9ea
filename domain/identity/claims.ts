import { readEmail } from "./email.ts";

/** What a provider says of a person who logged in, of its ID token. */
export interface Claims {
  subject: string;
  /** Absent where the provider does not send one, or it is none. */
  email?: string;
  /** Whether the address is his, as far as this provider can be believed. */
  emailVerified: boolean;
  name?: string;
  groups: string[];
}

/** How a provider's claims are read. */
export interface ClaimRules {
  /** Name of the claim with the groups; null where none are read. */
  groupsClaim: string | null;
  /** The provider sends no `email_verified`, and its operator knows that each address is its user's. */
  trustEmail: boolean;
}

export const MAX_GROUPS = 200;
const MAX_GROUP_LENGTH = 256;
/** OpenID Connect Core 1.0, section 2. */
const MAX_SUBJECT_LENGTH = 255;
const MAX_NAME_LENGTH = 128;

/** @returns undefined where the subject is not one that may be stored */
export function readClaims(token: Record<string, unknown>, rules: ClaimRules): Claims | undefined {
  const { sub, name, email, email_verified: verified } = token;
  if (typeof sub !== "string" || sub === "" || sub.length > MAX_SUBJECT_LENGTH) return undefined;
  const address = readEmail(email);
  const said = verified === true || verified === "true";
  return {
    subject: sub,
    ...(address === undefined ? {} : { email: address }),
    emailVerified: address !== undefined && (said || (verified === undefined && rules.trustEmail)),
    ...(typeof name === "string" && name !== "" ? { name: name.slice(0, MAX_NAME_LENGTH) } : {}),
    groups: groupsOf(rules.groupsClaim === null ? undefined : claimAt(token, rules.groupsClaim)),
  };
}

/** A claim by its own name, which may hold dots and slashes; else by a path: `realm_access.roles`. */
function claimAt(token: Record<string, unknown>, name: string): unknown {
  if (Object.hasOwn(token, name)) return token[name];
  let value: unknown = token;
  for (const step of name.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

/** One group or a list of them; what is no text, empty or too long is none. Sorted, so that equal sets are equal. */
function groupsOf(claim: unknown): string[] {
  const all = typeof claim === "string" ? [claim] : Array.isArray(claim) ? claim : [];
  const groups = all.filter(
    (group): group is string => typeof group === "string" && group !== "" && group.length <= MAX_GROUP_LENGTH,
  );
  return [...new Set(groups)].sort().slice(0, MAX_GROUPS);
}
