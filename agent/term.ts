import { rootCertificates } from "node:tls";
import type { ClockWatch } from "./clock-watch.ts";
import type { Config } from "./config.ts";
import { startDesired } from "./desired/index.ts";
import type { HealthInput } from "./http/health.ts";
import { ensureIdentity } from "./identity/index.ts";
import { rotateKeys } from "./identity/rotation.ts";
import type { Clock, Kube, Random } from "./kube/index.ts";
import { errorText, type Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { startObserver } from "./observe/index.ts";
import type { OperatorHandle, OperatorOptions } from "./operator/types.ts";
import { createStatusUplink } from "./status/index.ts";
import { createStreams } from "./streams/index.ts";
import type { Tracer } from "./tracing/tracer.ts";
import { startTunnel, type Tunnel } from "./tunnel/index.ts";

export interface TermOptions {
  config: Config;
  kube: Kube;
  /** The client that may write the agent's own three objects. */
  own: Kube;
  startOperator: (options: OperatorOptions) => OperatorHandle;
  /** For resources that come from modules. */
  tools: OperatorOptions["tools"];
  log: Logger;
  metrics: Metrics;
  clock: Clock;
  clockWatch: ClockWatch;
  random: Random;
  tracer: Tracer;
  /** The term is over: the Lease is lost, or the process ends. */
  signal: AbortSignal;
  /** The process ends: the Lease is still ours, so that the state may be stored. */
  stopping: () => boolean;
}

export type TermHealth = Pick<HealthInput, "identityProblem" | "enrolled" | "tunnel" | "operatorReady">;

export interface Term {
  health(): TermHealth;
  /** Resolves when everything has stopped after the signal. */
  readonly ended: Promise<void>;
}

const RETRY_MS = 2_000;

/**
 * What a leader does. The controllers come as soon as it is known whom the agent speaks for, which the Secret tells: they
 * keep the cluster right whether the manager can be reached or not.
 */
export function startTerm(options: TermOptions): Term {
  const { config, kube, own, log, metrics, clock, clockWatch, random, tracer, signal } = options;
  const readOnly = config.mode === "read-only";
  const ca = config.ca === undefined ? undefined : [...rootCertificates, config.ca];
  const health: TermHealth = { enrolled: false, tunnel: { state: "connecting" }, operatorReady: readOnly };
  let tunnel: Tunnel | undefined;
  let operator: OperatorHandle | undefined;
  let desired: Awaited<ReturnType<typeof startDesired>> | undefined;

  const statuses = createStatusUplink({
    clock,
    metrics,
    signal,
    isOrphan: (key) => desired?.isOrphan(key) ?? false,
    onDeletedKnown: (keys) => desired?.confirmDeleted(keys),
  });
  /** The id that the controllers carry out resources of, and what ends them. */
  let speaksFor: { clusterId: string; end: AbortController } | undefined;
  /** A new enrolment may change the id: then the controllers of the former one end first. */
  const runOperator = async (clusterId: string) => {
    if (readOnly || speaksFor?.clusterId === clusterId) return;
    const former = operator;
    speaksFor?.end.abort(new Error("the cluster is enrolled under another id"));
    const end = new AbortController();
    speaksFor = { clusterId, end };
    health.operatorReady = false;
    await former?.stopped;
    if (end.signal.aborted || signal.aborted) return;
    const started = options.startOperator({
      kube,
      log: log.with({ part: "operator" }),
      clock,
      metrics,
      namespace: config.namespace,
      clusterId,
      tools: options.tools,
      tracer,
      signal: AbortSignal.any([signal, end.signal]),
      onStatus: statuses.put,
    });
    operator = started;
    started.synced.then(
      () => {
        if (operator === started) health.operatorReady = true;
      },
      () => {},
    );
  };
  /** The API server may be away while we start: it is asked again until it answers. */
  const persist = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        signal.throwIfAborted();
        log.warn(`${what}: trying again`, { error: errorText(error) });
        await clock.sleep(RETRY_MS, signal);
      }
    }
  };
  const stops: (() => Promise<void>)[] = [];

  const run = async () => {
    const clusterUid = await persist("reading the cluster's identity", () => kube.kubeSystemUid());
    const store = await persist("reading the stored state", () =>
      startDesired({
        kube,
        own,
        namespace: config.namespace,
        readOnly,
        clock,
        random,
        tracer,
        log: log.with({ part: "desired" }),
        metrics,
        signal,
        report: (status) => statuses.put([status]),
        renew: (reason) => tunnel?.renew(reason),
      }),
    );
    desired = store;
    stops.push(() => store.stop({ save: options.stopping() }));
    const enrolled = await ensureIdentity({
      own,
      namespace: config.namespace,
      managerUrl: config.managerUrl,
      ...(ca ? { ca } : {}),
      ...(config.joinToken === undefined ? {} : { joinToken: config.joinToken }),
      clusterUid,
      log: log.with({ part: "identity" }),
      clock,
      random,
      signal,
      explain: clockWatch.explain,
      onProblem(problem) {
        if (problem === undefined) delete health.identityProblem;
        else health.identityProblem = problem;
      },
      onPresent: (clusterId) => void runOperator(clusterId),
    });
    await runOperator(enrolled.identity.clusterId);
    health.enrolled = true;
    const observer = await startObserver({
      kube,
      clock,
      log: log.with({ part: "observe" }),
      signal,
      managed: () => ({ ...store.managed(), graphs: operator?.stats().graphs ?? 0 }),
      capabilities: () => ({
        mode: config.mode,
        operatorReady: health.operatorReady,
        serviceProxy: !readOnly || config.serviceDial === "direct",
        clockInStep: clockWatch.problem() === undefined,
      }),
    });
    stops.push(() => observer.stop());
    const { clusterId } = enrolled.identity;
    const tunnelLog = log.with({ part: "tunnel", clusterId });
    const asked = () => (health.operatorReady ? operator : undefined);
    const streams = createStreams({
      ...config,
      ...{ kube, clock, readOnly, metrics },
      log: tunnelLog,
      operator: asked,
    });
    const rotation = rotateKeys({
      enrolled,
      days: config.keyRotationDays,
      now: () => clock.now(),
      log: tunnelLog,
    });
    signal.throwIfAborted();
    const started = startTunnel({
      managerUrl: config.managerUrl,
      ...(ca ? { ca } : {}),
      clusterId,
      clusterUid,
      key: () => enrolled.identity.key,
      cursor: () => store.cursor(),
      observed: () => observer.current(),
      consumers: [store, statuses, streams, observer, rotation],
      log: tunnelLog,
      metrics,
      clock,
      clockWatch,
      random,
      signal,
    });
    tunnel = started;
    stops.push(() => started.stopped);
  };
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const running = run().catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  const ended = Promise.all([running, aborted]).then(async () => {
    await Promise.all([...stops.map((stop) => stop()), operator?.stopped]);
  });

  return {
    health: () => ({ ...health, ...(tunnel ? { tunnel: tunnel.status() } : {}) }),
    ended,
  };
}
