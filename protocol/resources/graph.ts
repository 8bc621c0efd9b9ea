/** A ResourceGraph as everybody reads it: what it asks for, then what its status says. */

export * from "./adoption-status.ts";
export * from "./graph-drift.ts";
export * from "./graph-history.ts";
export * from "./graph-inventory.ts";
export * from "./graph-node.ts";
export * from "./graph-node-status.ts";
export * from "./graph-phase.ts";
export * from "./graph-spec.ts";
export * from "./graph-status.ts";
