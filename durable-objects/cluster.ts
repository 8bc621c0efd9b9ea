import { DurableObject } from "cloudflare:workers";
import type { Env } from "../worker/env.ts";

export class ClusterDO extends DurableObject<Env> {}
