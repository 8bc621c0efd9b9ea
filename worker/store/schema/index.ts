export * from "./catalogue.ts";
export * from "./clusters.ts";
export * from "./outbox.ts";
export * from "./releases.ts";
