export const newClusterExample = {
  id: "cls_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  name: "berlin-1",
  labels: { tier: "production" },
  version: 1,
  createdAt: "2026-11-21T10:00:00.000Z",
  updatedAt: "2026-11-21T10:00:00.000Z",
  mode: "manage",
  provider: "hetzner",
  region: "eu-central",
  status: "pending_bootstrap",
  epoch: 1,
};

export const clusterExample = {
  ...newClusterExample,
  version: 3,
  status: "connected",
  lastSeenAt: "2026-11-21T10:04:55.000Z",
  agentVersion: "0.1.0",
  capabilities: {
    components: { agent: { version: "0.1.0", ready: true } },
    flags: { mutatingAdmissionPolicy: true },
  },
  inventory: {
    kubernetesVersion: "v1.36.0",
    nodes: 3,
    nodesReady: 3,
    namespaces: 7,
    pods: 42,
    cpuMillicores: 12000,
    memoryBytes: 51539607552,
    managed: { tenants: 1, projects: 1, apps: 2, graphs: 4 },
  },
};

export const clusterViewExample = {
  ...clusterExample,
  awakeSince: "2026-11-21T10:05:00.000Z",
  desired: { documents: 4, seq: 9, ackedSeq: 9, orphans: 0 },
};

export const deletedClusterExample = {
  ...newClusterExample,
  version: 4,
  status: "deleted",
  deletedAt: "2026-11-22T10:00:00.000Z",
  restorableUntil: "2026-12-22T10:00:00.000Z",
};

export const joinTokenExample = {
  id: "jtk_01KAJ7Z8Q4X2N6V0D3M5R9T1WC",
  state: "valid",
  createdAt: "2026-11-21T10:00:00.000Z",
  createdBy: "platform-admin",
  expiresAt: "2026-11-21T10:15:00.000Z",
};

const token = `${joinTokenExample.id}.${"0f".repeat(32)}`;

export const newJoinTokenExample = {
  ...joinTokenExample,
  token,
  install: `helm upgrade --install kubenova-agent agent/chart --namespace kubenova-system --create-namespace --wait --set manager.url=https://kubenova.example.com --set mode=manage --set joinToken=${token} --set image.repository=registry.example.com/kubenova/agent`,
};
