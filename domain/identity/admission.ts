import type { Claims } from "./claims.ts";
import { domainOf } from "./email.ts";
import { MAX_REALM_USERS } from "./realm.ts";

/** Which people a provider may bring in. */
export interface AdmissionRules {
  /**
   * `invited`: who was invited, or is a user already. `domains`: also whoever has an address of {@link domains}.
   * `everyone`: whomever the provider knows.
   */
  users: "invited" | "domains" | "everyone";
  domains: readonly string[];
}

/** A user who has the address that the provider sent. */
export interface UserOfEmail {
  id: string;
  disabled: boolean;
  /** Ways in that he has, or once had by a provider that is gone. */
  identities: number;
  /** Whoever may give all that he has said that this provider names him: docs/oidc.md, "A new provider". */
  isAwaited: boolean;
}

/** What is known, in the provider's realm (realm.ts), of the person whom it has named: of other realms it knows nobody. */
export interface AdmissionFacts {
  /** The user to whom (provider, issuer, subject) belongs. */
  known?: { id: string; disabled: boolean } | undefined;
  userOfEmail?: UserOfEmail | undefined;
  /** An invitation for this address is open, in the provider's reach. */
  isInvited: boolean;
  /** Users that the realm has; 0 for the platform's, which has no bound. */
  realmUsers: number;
}

export type Refusal =
  | "disabled"
  | "email-missing"
  | "email-unverified"
  | "email-taken"
  | "not-invited"
  | "realm-full";

export type Admission =
  | { kind: "known"; userId: string }
  /** The first login of a user who was made before it, or the one that was announced by this provider. */
  | { kind: "link"; userId: string }
  | { kind: "create"; email: string }
  | { kind: "refused"; why: Refusal };

const refused = (why: Refusal): Admission => ({ kind: "refused", why });

/**
 * Who it is that a provider has named. An identity is (provider, issuer, subject) and nothing else: an address alone
 * never opens a user who has or had a way in, whatever provider claims it: else whoever may delete a provider and make
 * one would be any of its users. It is only what joins a person's first login to the user that was made for him before in
 * the provider's realm, or the login that was announced by this very provider, and then it must be verified.
 */
export function admit(rules: AdmissionRules, claims: Claims, facts: AdmissionFacts): Admission {
  if (facts.known) {
    return facts.known.disabled ? refused("disabled") : { kind: "known", userId: facts.known.id };
  }
  if (claims.email === undefined) return refused("email-missing");
  if (!claims.emailVerified) return refused("email-unverified");
  const { userOfEmail } = facts;
  if (userOfEmail) {
    if (userOfEmail.disabled) return refused("disabled");
    return userOfEmail.identities === 0 || userOfEmail.isAwaited
      ? { kind: "link", userId: userOfEmail.id }
      : refused("email-taken");
  }
  const isWelcome =
    facts.isInvited ||
    rules.users === "everyone" ||
    (rules.users === "domains" && rules.domains.includes(domainOf(claims.email)));
  if (!isWelcome) return refused("not-invited");
  return facts.realmUsers < MAX_REALM_USERS ? { kind: "create", email: claims.email } : refused("realm-full");
}
