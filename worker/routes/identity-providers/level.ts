import type { z } from "zod";
import type { Permission } from "../../../domain/access/index.ts";
import type { Names } from "./place.ts";

/** Where the routes of one owner stand, and how they are called. */
export interface Level {
  /** Of the platform, or of a tenant. */
  collection: `/${string}`;
  /** `Tenant` in the operations' names; empty for the platform's. */
  suffix: string;
  whose: string;
  /** What each operation needs: of the platform's nobody else's right is enough. */
  actions: Record<"create" | "list" | "get" | "update" | "delete" | "test", Permission>;
  /** Path parameters without the provider's. */
  owner: z.ZodType<Names>;
  /** With it. */
  one: z.ZodType<Names & { provider: string }>;
}
