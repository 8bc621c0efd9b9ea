import type { DocumentInfo } from "../../routing/openapi.ts";

export const API_INFO: DocumentInfo = {
  title: "KubeNova API",
  version: "1",
  description:
    "One control plane for many Kubernetes clusters and many tenants. Errors have one body, lists have cursors, objects have ETags, and each change can carry an Idempotency-Key.",
  tags: {
    auth: "Access tokens.",
    tenants: "A tenant is an organization: it owns projects, and nothing of it is seen by another.",
    projects: "A project groups apps and the environments that they run in.",
    environments: "An environment is a namespace in one cluster. Their order is the way of a promotion.",
    apps: "An app is declared by a spec; each content of it is an immutable revision.",
    revisions: "What an app was declared to be, at one time. Equal content is the same revision.",
    releases: "A release binds one revision to one environment, and says how it goes there.",
    clusters: "A Kubernetes cluster, its agent, and what it can do.",
    "join-tokens": "One-time tokens by which an agent enrols.",
    tunnel: "Requests through the tunnel to what runs in a cluster.",
    events: "What happened, in the order of commits; live as server-sent events.",
    "dead-letters": "Messages that could not be delivered, to be replayed or discarded.",
    health: "Health, readiness and metrics.",
    docs: "This document.",
  },
};
