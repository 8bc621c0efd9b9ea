import { DurableObject } from "cloudflare:workers";
import type { TenantLimits } from "../domain/limits/figures.ts";
import type { LeaseAnswer } from "../domain/limits/grant.ts";
import type { StreamVerdict } from "../domain/limits/streams.ts";
import type { Env } from "../worker/env.ts";
import { Door } from "./door.ts";
import type { DoorRpc, LeaseRequest, StreamRequest } from "./rpc.ts";

/** An object that counts requests and streams beside what else it does. */
export class DoorObject extends DurableObject<Env> implements DoorRpc {
  protected readonly door: Door;

  /** @param readFigures see {@link Door} */
  constructor(context: DurableObjectState, env: Env, readFigures?: () => Promise<TenantLimits>) {
    super(context, env);
    this.door = new Door(context.storage, readFigures);
  }

  lease(request: LeaseRequest): Promise<LeaseAnswer> {
    return this.door.lease(request);
  }

  openStream(request: StreamRequest): Promise<StreamVerdict> {
    return this.door.openStream(request);
  }

  renewStream(request: StreamRequest): Promise<void> {
    return this.door.renewStream(request);
  }

  closeStream(id: string): Promise<void> {
    return this.door.closeStream(id);
  }
}
