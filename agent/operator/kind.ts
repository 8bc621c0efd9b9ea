import type { ResourceGraphSpec } from "../../protocol/resources/graph.ts";
import type { SeenGraph } from "../engine/context.ts";
import type { EventInput } from "../kube/index.ts";
import type { Resource } from "./resources.ts";
import type { Outcome } from "./status.ts";

/** What is particular to one kind of resource. */
export interface Kind {
  graphOf(resource: Resource): { namespace: string; name: string };
  /** `live`: the graph as it is now. */
  render(resource: Resource, live: SeenGraph | undefined): Rendering;
  /** The graph has been written as it was rendered. */
  wrote?(resource: Resource, live: SeenGraph): void;
  /** The resource's status; times stay where what they speak of did not change. */
  status(resource: Resource, outcome: Outcome, now: string): Status;
  /** What people are to read in its events when its status becomes that. */
  news?(resource: Resource, status: Status): News[];
  /** Why its deletion has to wait; undefined: it need not. */
  holdDeletion(resource: Resource): string | undefined;
  /** It is being deleted, or has gone: what is kept in memory for it goes. */
  forget?(resource: Resource): void;
}

/** The graph that a resource is to become; or that it stays as it is, and what the status says then, if anything new. */
export type Rendering = { spec: ResourceGraphSpec } | { outcome?: Outcome };

export type Status = NonNullable<Resource["status"]>;
export type News = Pick<EventInput, "type" | "reason" | "action" | "note">;
