import type { KubernetesFact } from "../../domain/kubernetes-audit/fact.ts";
import { MAX_AUDIT_ITEMS } from "../../protocol/tunnel/audit-frames.ts";

/** Below MAX_FRAME_BYTES with room for the envelope, so that a batch is one message. */
const MAX_BYTES = 200 * 1024;

/** Facts in their order, as many as fit one frame together. */
export function batchesOf(facts: readonly KubernetesFact[]): KubernetesFact[][] {
  const batches: KubernetesFact[][] = [];
  let batch: KubernetesFact[] = [];
  let bytes = 0;
  for (const fact of facts) {
    const size = Buffer.byteLength(JSON.stringify(fact)) + 1;
    if (batch.length > 0 && (batch.length === MAX_AUDIT_ITEMS || bytes + size > MAX_BYTES)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(fact);
    bytes += size;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
