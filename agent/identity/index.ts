import type { Clock, Kube } from "../kube/index.ts";
import { errorText, type Logger } from "../log.ts";
import { EnrolError, enrol, tokenId } from "./enrol.ts";
import { createIdentityStore, type Identity, type IdentityStore } from "./store.ts";

export interface EnsureOptions {
  /** The client that may write the identity Secret. */
  own: Kube;
  namespace: string;
  managerUrl: URL;
  ca?: readonly string[];
  joinToken?: string;
  clusterUid: string;
  log: Logger;
  clock: Clock;
  random: () => number;
  signal: AbortSignal;
  /** Of a failure, what the clock has to do with it. */
  explain: (failure: string) => string;
  /** Why the agent has no identity yet, for people; undefined once it has one. */
  onProblem: (problem: string | undefined) => void;
  /** Told of the identity that the Secret holds, before a new join token is tried: it holds until that succeeds. */
  onPresent: (clusterId: string) => void;
}

export interface Enrolled {
  identity: Identity & { clusterId: string };
  store: IdentityStore;
}

const RETRY_BASE_MS = 1_000;
const RETRY_CAP_MS = 30_000;
/** A token that was refused stays refused; a new one comes with a restart, or with somebody else's enrolment. */
const REFUSED_RETRY_MS = 5 * 60_000;

/** Returns when this cluster has an identity: from the Secret, or by enrolling. Rejects only where the signal aborts. */
export async function ensureIdentity(options: EnsureOptions): Promise<Enrolled> {
  const { own, namespace, log, clock, random, signal } = options;
  const store = createIdentityStore(own, namespace, () => clock.now());
  for (let failures = 0; ; failures += 1) {
    let waitMs = Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** Math.min(failures, 10)) * (0.5 + random() / 2);
    try {
      const identity = await identityOrEnrol(options, store);
      options.onProblem(undefined);
      return { identity, store };
    } catch (error) {
      signal.throwIfAborted();
      const problem = options.explain(errorText(error));
      options.onProblem(problem);
      if (error instanceof EnrolError && error.permanent) waitMs = REFUSED_RETRY_MS;
      log.error("no identity yet", { error: problem, retryInMs: Math.round(waitMs) });
    }
    await clock.sleep(waitMs, signal);
  }
}

async function identityOrEnrol(options: EnsureOptions, store: IdentityStore): Promise<Enrolled["identity"]> {
  const { joinToken, log, managerUrl } = options;
  const identity = await store.loadOrCreate();
  const enrolled = isEnrolled(identity);
  if (enrolled) options.onPresent(identity.clusterId);
  if (!joinToken) {
    if (enrolled) return identity;
    throw new EnrolError("this cluster is not enrolled: KUBENOVA_JOIN_TOKEN is needed once", true);
  }
  if (enrolled && identity.joinTokenId === tokenId(joinToken)) return identity;
  try {
    const answer = await enrol({ ...options, token: joinToken, key: identity.key });
    const { clusterId, clusterName } = answer;
    const next = {
      ...identity,
      clusterId,
      clusterName,
      joinTokenId: tokenId(joinToken),
      managerUrl: managerUrl.href,
    };
    await store.save(next);
    log.info("enrolled", { clusterId, cluster: clusterName });
    return next;
  } catch (error) {
    // A token that is used up or past its time takes no identity away.
    if (!enrolled || !(error instanceof EnrolError && error.permanent)) throw error;
    log.warn("the join token was refused; the present identity stays", { error: error.message });
    return identity;
  }
}

const isEnrolled = (identity: Identity): identity is Identity & { clusterId: string } =>
  identity.clusterId !== undefined;
