import type { Claims } from "./claims.ts";
import { domainOf } from "./email.ts";

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
  /** Ways in that he has already: at any provider, or, where one of the platform's asks, at those of the platform. */
  identities: number;
  /** Whether the provider is one of those who may speak for him: the platform's, or his only tenant's. */
  isWithinReach: boolean;
}

/** What is known of the person when a provider has named him. */
export interface AdmissionFacts {
  /** The user to whom (provider, issuer, subject) belongs. */
  known?: { id: string; disabled: boolean } | undefined;
  userOfEmail?: UserOfEmail | undefined;
  /** An invitation for this address is open, in the provider's reach. */
  isInvited: boolean;
}

export type Refusal = "disabled" | "email-missing" | "email-unverified" | "email-taken" | "not-invited";

export type Admission =
  | { kind: "known"; userId: string }
  /** The first login of a user who was made before it. */
  | { kind: "link"; userId: string }
  | { kind: "create"; email: string }
  | { kind: "refused"; why: Refusal };

const refused = (why: Refusal): Admission => ({ kind: "refused", why });

/**
 * Who it is that a provider has named. An identity is (provider, issuer, subject) and nothing else: an address alone
 * never opens a user who has a way in already, whatever provider claims it. It is only what joins a person's first
 * login to the user that was made for him before, and then it must be verified and the provider one that may.
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
    const isFirst = userOfEmail.identities === 0 && userOfEmail.isWithinReach;
    return isFirst ? { kind: "link", userId: userOfEmail.id } : refused("email-taken");
  }
  const isWelcome =
    facts.isInvited ||
    rules.users === "everyone" ||
    (rules.users === "domains" && rules.domains.includes(domainOf(claims.email)));
  return isWelcome ? { kind: "create", email: claims.email } : refused("not-invited");
}
