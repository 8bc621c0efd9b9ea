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
  "KN-1600": {
    status: 429,
    name: "too_many_requests",
    summary: "Too many requests; try again after the time in Retry-After.",
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
