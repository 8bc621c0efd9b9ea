import type { z } from "zod";
import type { Permission } from "../../domain/access/index.ts";
import type { ErrorCode } from "../../domain/errors/index.ts";
import type { ShieldClass } from "../limits/shield.ts";
import type { Answer, Call } from "./call.ts";

export type Method = "get" | "post" | "put" | "patch" | "delete";

/** One body that a route may answer with. */
export interface AnswerDoc {
  description: string;
  /** Absent where there is no body, or it is not JSON. */
  schema?: z.ZodType;
  /** A whole body; it is checked against the schema. */
  example?: unknown;
  /** `application/json` where absent. */
  mediaType?: string;
  /** The same in further media types, each with an example: for whom the query or `Accept` asks. */
  otherMedia?: Record<string, string>;
  /** Names of headers that people should know of: `ETag`, `Location`, `Retry-After`. */
  headers?: readonly string[];
}

export interface BodyDoc<B extends z.ZodType> {
  schema: B;
  example: z.input<B>;
  /** Bytes; DEFAULT_BODY_LIMIT_BYTES where absent. */
  maxBytes?: number;
  /** Media types taken; `application/json` where absent. Each is read as JSON. */
  mediaTypes?: readonly string[];
  optional?: boolean;
}

export interface RouteDefinition<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  method: Method;
  /** OpenAPI template: `/api/v1/tenants/{tenant}:restore`. */
  path: `/${string}`;
  /** The last parameter takes the rest of the path, unread; the one before it may hold a colon. */
  takesRest?: boolean;
  operationId: string;
  tag: string;
  summary: string;
  description?: string;
  /**
   * What the caller must be allowed to do; `self`: it is about the caller himself, whoever he is; `public` needs no
   * credential.
   */
  action: Permission | "self" | "public";
  /** Of a public route: what its requests are counted by, for each network; with logins where absent. */
  shield?: ShieldClass;
  /** One example of each parameter, by name. */
  parameterExamples?: Record<string, unknown>;
  params?: P;
  query?: Q;
  body?: BodyDoc<B>;
  /** Headers that the route obeys, beside those that all do. */
  conditional?: readonly ("If-Match" | "If-None-Match")[];
  answers: Record<number, AnswerDoc>;
  /** Codes beside those that each route of its kind may answer with; see commonErrors. */
  errors?: readonly ErrorCode[];
  /** The answer may outlive the request's time limit: a stream or a socket. */
  streams?: boolean;
  handler(call: Call<z.output<P>, z.output<Q>, z.output<B>>): Promise<Answer | Response>;
}

// biome-ignore lint/suspicious/noExplicitAny: a list of routes forgets what each one reads
export type Route = RouteDefinition<any, any, any>;

/** Checks a route's types; the value is what it was given. Register it in its folder's index. */
export const defineRoute = <
  P extends z.ZodType = z.ZodUndefined,
  Q extends z.ZodType = z.ZodUndefined,
  B extends z.ZodType = z.ZodUndefined,
>(
  route: RouteDefinition<P, Q, B>,
): RouteDefinition<P, Q, B> => route;
