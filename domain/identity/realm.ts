/**
 * Whose users somebody is among: the platform's (null), or those of one tenant, by its id. A provider knows, and makes,
 * users of its own realm alone, so that what a tenant's provider says of an address means nothing outside that tenant.
 */
export type Realm = string | null;

/** Users of one tenant's realm: its own providers name them, and could name any number. */
export const MAX_REALM_USERS = 10_000;

/**
 * Whether a user may be a member of a tenant and have anything there. The platform's users may be in any; those of a
 * tenant's realm in that one alone.
 *
 * @param tenantId null for the platform itself
 */
export const isAtHome = (realm: Realm, tenantId: string | null): boolean =>
  realm === null || realm === tenantId;
