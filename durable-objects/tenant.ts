import { DurableObject } from "cloudflare:workers";
import type { Env } from "../worker/env.ts";
import type { TenantRpc } from "./rpc.ts";

export class TenantDO extends DurableObject<Env> implements TenantRpc {
  async poke(_seq: number): Promise<void> {}
}
