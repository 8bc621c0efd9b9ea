/**
 * The one error vocabulary. Codes are stable for ever; a retired one is never used again.
 * HTTP statuses are mapped here and applied once, in the middleware; docs/errors.md is generated from this table.
 */
export const ERRORS = {
  "KN-1000": { status: 400, name: "bad_request", summary: "The request is not well formed." },
  "KN-1001": { status: 400, name: "malformed_json", summary: "The body is not valid JSON." },
  "KN-1002": {
    status: 422,
    name: "validation_failed",
    summary: "A field has a value that is not allowed; `details.issues` gives the path to each.",
  },
  "KN-1003": { status: 413, name: "body_too_large", summary: "The body is larger than this route takes." },
  "KN-1004": {
    status: 415,
    name: "unsupported_media_type",
    summary: "The Content-Type is not one that this route takes.",
  },
  "KN-1005": {
    status: 422,
    name: "unknown_spec_version",
    summary: "The spec names a version that this server does not know.",
  },
  "KN-1006": { status: 400, name: "bad_cursor", summary: "The cursor was not made by this list." },
  "KN-1007": {
    status: 400,
    name: "bad_idempotency_key",
    summary: "The Idempotency-Key is empty, too long, or has characters outside printable ASCII.",
  },
  "KN-1008": {
    status: 400,
    name: "confirmation_required",
    summary: "Deleting this needs ?confirm=<its name>.",
  },
  "KN-1009": { status: 406, name: "not_acceptable", summary: "No representation matches the Accept header." },
  "KN-1100": { status: 401, name: "unauthenticated", summary: "No valid credential was given." },
  "KN-1101": {
    status: 401,
    name: "token_expired",
    summary: "The access token is past its time; get a new one.",
  },
  "KN-1102": { status: 403, name: "forbidden", summary: "This principal may not do that." },
  "KN-1103": { status: 403, name: "account_disabled", summary: "The account is disabled." },
  "KN-1110": {
    status: 403,
    name: "break_glass_off",
    summary: "The platform administrator's key is switched off here (BREAK_GLASS=off).",
  },
  "KN-1111": { status: 401, name: "session_ended", summary: "The login is over; log in again." },
  "KN-1112": {
    status: 401,
    name: "refresh_reused",
    summary: "This refresh token was used before: somebody else may have it, so the whole login has ended.",
  },
  "KN-1113": {
    status: 400,
    name: "login_not_in_progress",
    summary:
      "No such login is under way in this browser: it was finished, took too long, or began elsewhere.",
  },
  "KN-1114": {
    status: 502,
    name: "provider_unusable",
    summary:
      "The identity provider cannot be used, or what it said does not hold; `details.reason` says why.",
  },
  "KN-1115": {
    status: 403,
    name: "login_refused",
    summary: "The login was refused; `details.reason` says why.",
  },
  "KN-1116": {
    status: 400,
    name: "bad_return_address",
    summary: "A login may lead back to a path of this manager or to a listed origin only.",
  },
  "KN-1117": {
    status: 403,
    name: "cross_site",
    summary: "A login in a cookie is obeyed only where the request comes from a page of this manager.",
  },
  "KN-1118": {
    status: 400,
    name: "device_login_pending",
    summary: "The terminal has no tokens yet, or gets none; `details.error` is the word of RFC 8628.",
  },
  "KN-1119": {
    status: 409,
    name: "realm_full",
    summary: "The tenant has as many users of its own providers as are allowed; `details.max` is how many.",
  },
  "KN-1130": {
    status: 403,
    name: "not_yours_to_give",
    summary:
      "Nobody gives or takes what he does not hold there himself; `details.missing` names what is lacking.",
  },
  "KN-1131": {
    status: 409,
    name: "last_owner",
    summary: "A tenant keeps at least one person who owns it for good; only the platform may take the last.",
  },
  "KN-1132": { status: 409, name: "in_use", summary: "Something still uses it; `details` says how much." },
  "KN-1133": {
    status: 409,
    name: "too_many",
    summary: "There are as many of them as are allowed; `details.max` is how many.",
  },
  "KN-1134": {
    status: 409,
    name: "invitation_over",
    summary: "The invitation is used, revoked, expired, or no longer what its maker may give.",
  },
  "KN-1135": {
    status: 403,
    name: "needs_login",
    summary: "This is done by a person who is logged in, not by a key.",
  },
  "KN-1200": {
    status: 404,
    name: "not_found",
    summary: "There is no such object, or not for this principal.",
  },
  "KN-1201": { status: 404, name: "no_such_route", summary: "No route has this path." },
  "KN-1202": {
    status: 405,
    name: "method_not_allowed",
    summary: "The path exists, but not with this method.",
  },
  "KN-1203": { status: 410, name: "gone", summary: "It was deleted and its time for a restore is over." },
  "KN-1300": { status: 409, name: "already_exists", summary: "Another object has this name." },
  "KN-1301": {
    status: 412,
    name: "precondition_failed",
    summary: "The object has changed since it was read: its ETag is another one.",
  },
  "KN-1302": {
    status: 409,
    name: "idempotency_mismatch",
    summary: "This Idempotency-Key was used for another request.",
  },
  "KN-1303": {
    status: 409,
    name: "idempotency_in_progress",
    summary: "A request with this Idempotency-Key is still under way.",
  },
  "KN-1304": {
    status: 409,
    name: "idempotent_replay_of_secret",
    summary: "The first request made a secret that is shown once; `details` names what it made.",
  },
  "KN-1305": {
    status: 409,
    name: "conflict",
    summary: "The change does not fit the object's present state.",
  },
  "KN-1306": {
    status: 409,
    name: "not_deleted",
    summary: "It is not deleted, so there is nothing to restore.",
  },
  "KN-1307": { status: 409, name: "has_children", summary: "Something that still exists depends on it." },
  "KN-1308": {
    status: 409,
    name: "placement_refused",
    summary: "The environment may not be placed on that cluster.",
  },
  "KN-1309": {
    status: 409,
    name: "not_placed",
    summary: "The environment is placed on no cluster, so nothing can be deployed there.",
  },
  "KN-1310": {
    status: 409,
    name: "read_only_cluster",
    summary: "The cluster is registered read-only: nothing is ever written to it.",
  },
  "KN-1311": {
    status: 409,
    name: "nothing_to_roll_back_to",
    summary: "The environment has no earlier revision.",
  },
  "KN-1312": {
    status: 409,
    name: "delivered_by_git",
    summary: "The environment takes its changes from git alone.",
  },
  "KN-1313": {
    status: 422,
    name: "not_rendered",
    summary: "The source does not render: `details.stage` says where it failed, `details.errors` why.",
  },
  "KN-1400": {
    status: 401,
    name: "join_token_invalid",
    summary: "The join token is unknown, used or past its time.",
  },
  "KN-1401": {
    status: 403,
    name: "agent_refused",
    summary: "The agent's proof does not hold for this cluster.",
  },
  "KN-1402": {
    status: 426,
    name: "tunnel_version",
    summary: "No protocol version is common to both sides; `details.upgrade` says what to upgrade.",
  },
  "KN-1403": { status: 409, name: "cluster_uid_mismatch", summary: "The key belongs to another cluster." },
  "KN-1500": { status: 503, name: "cluster_not_connected", summary: "The cluster's agent is not connected." },
  "KN-1501": { status: 504, name: "cluster_timeout", summary: "The cluster did not answer in time." },
  "KN-1502": {
    status: 502,
    name: "cluster_refused",
    summary: "The cluster could not serve the request; `details.reason` says why.",
  },
  "KN-1503": {
    status: 429,
    name: "too_many_streams",
    summary: "The cluster has as many open streams as are allowed.",
  },
  "KN-1504": {
    status: 502,
    name: "stream_lost",
    summary: "The connection to the cluster was lost while the answer was under way.",
  },
  "KN-1505": {
    status: 503,
    name: "cluster_circuit_open",
    summary:
      "The cluster did not answer several times in a row; it is asked again after the time in Retry-After.",
  },
  "KN-1600": {
    status: 429,
    name: "too_many_requests",
    summary: "Too many requests; try again after the time in Retry-After.",
  },
  "KN-1601": {
    status: 429,
    name: "rate_limited",
    summary:
      "More requests than the tenant, or this principal, may make; `details.limits` says which, Retry-After how long to wait.",
  },
  "KN-1602": {
    status: 429,
    name: "login_slowed",
    summary: "Too many tries to log in; the next one is looked at after the time in Retry-After.",
  },
  "KN-1603": {
    status: 429,
    name: "too_many_open_streams",
    summary:
      "The tenant, or this principal, has as many streams open as are allowed; `details.limit` says which.",
  },
  "KN-1610": {
    status: 422,
    name: "outbound_refused",
    summary: "The URL leads to where this installation sends no request; `details.reason` says why.",
  },
  "KN-1611": {
    status: 502,
    name: "outbound_failed",
    summary: "A server outside gave no usable answer; `details.host` and `details.reason` say which and why.",
  },
  "KN-1700": {
    status: 503,
    name: "audit_behind",
    summary: "More entries are on their way to this audit log than an export can wait for; try again.",
  },
  "KN-1701": {
    status: 500,
    name: "audit_inconsistent",
    summary:
      "The audit log does not continue what was signed before; `details.reason` says where. Export and verify it.",
  },
  "KN-1710": {
    status: 409,
    name: "person_active",
    summary: "Only a person whose account is disabled or deleted is forgotten; disable it first.",
  },
  "KN-1711": {
    status: 422,
    name: "report_too_large",
    summary: "The time range has more entries than one report holds (`details.max`); ask for a shorter one.",
  },
  "KN-1900": {
    status: 500,
    name: "internal",
    summary: "Something failed on our side; quote the request id.",
  },
  "KN-1901": {
    status: 503,
    name: "unavailable",
    summary: "A part that this request needs does not answer; try again.",
  },
  "KN-1902": { status: 504, name: "request_timeout", summary: "The request ran longer than is allowed." },
  "KN-1903": {
    status: 503,
    name: "key_service_away",
    summary: "The service that holds the key-encryption key does not answer; what is in memory still opens.",
  },
  "KN-1904": {
    status: 503,
    name: "key_service_refused",
    summary:
      "The service that holds the key-encryption key refuses it to the manager; `details.reason` says why.",
  },
  "KN-1905": {
    status: 500,
    name: "sealed_unreadable",
    summary:
      "A secret does not open: it was changed, or moved from where it was sealed. Another try will not help.",
  },
  "KN-1906": {
    status: 503,
    name: "key_missing",
    summary: "A secret needs a key-encryption key that this manager was not given; `details.kek` names it.",
  },
} as const satisfies Record<string, { status: number; name: string; summary: string }>;

export type ErrorCode = keyof typeof ERRORS;
export type ErrorStatus = (typeof ERRORS)[ErrorCode]["status"];

/** The error that every layer throws. `message` is for people, `details` (JSON) for programs; neither holds a secret. */
export class KubeNovaError extends Error {
  readonly code: ErrorCode;
  readonly details: Record<string, unknown> | undefined;

  constructor(code: ErrorCode, message?: string, details?: Record<string, unknown>) {
    super(message ?? ERRORS[code].summary);
    this.name = "KubeNovaError";
    this.code = code;
    this.details = details;
  }

  get status(): ErrorStatus {
    return ERRORS[this.code].status;
  }
}

/** Body of every error answer. */
export interface ErrorBody {
  error: { code: ErrorCode; message: string; details?: Record<string, unknown>; requestId: string };
}
