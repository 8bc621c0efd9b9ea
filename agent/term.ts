import { rootCertificates } from "node:tls";
import type { ClockWatch } from "./clock-watch.ts";
import type { Config } from "./config.ts";
import { type ControllersOptions, createControllers } from "./controllers.ts";
import { startDesired } from "./desired/index.ts";
import type { HealthInput } from "./http/health.ts";
import { ensureIdentity } from "./identity/index.ts";
import { rotateKeys } from "./identity/rotation.ts";
import { aborted } from "./kube/abort.ts";
import type { Kube, Random } from "./kube/index.ts";
import { startObserver } from "./observe/index.ts";
import { createStatusUplink } from "./status/index.ts";
import { createStreams } from "./streams/index.ts";
import { startTunnel, type Tunnel } from "./tunnel/index.ts";
import type { Consumer } from "./tunnel/types.ts";
import { untilAnswered } from "./until-answered.ts";

export interface TermOptions extends Omit<ControllersOptions, "config" | "onStatus"> {
  config: Config;
  /** The client that may write the agent's own three objects. */
  own: Kube;
  clockWatch: ClockWatch;
  random: Random;
  /** The term is over: the Lease is lost, or the process ends. */
  signal: AbortSignal;
  /** The process ends: the Lease is still ours, so that the state may be stored. */
  stopping: () => boolean;
  /** More who work with the session. */
  consumers: readonly Consumer[];
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
  const health: Omit<TermHealth, "operatorReady"> = { enrolled: false, tunnel: { state: "connecting" } };
  let tunnel: Tunnel | undefined;
  let desired: Awaited<ReturnType<typeof startDesired>> | undefined;

  const statuses = createStatusUplink({
    ...{ clock, metrics, signal },
    isOrphan: (key) => desired?.isOrphan(key) ?? false,
    onDeletedKnown: (keys) => desired?.confirmDeleted(keys),
  });
  const controllers = createControllers({
    ...{ config, kube, log, clock, metrics, tracer, signal },
    startOperator: options.startOperator,
    tools: options.tools,
    onStatus: statuses.put,
  });
  const patience = { log, clock, signal, retryMs: RETRY_MS };
  const stops: (() => Promise<void>)[] = [];

  const run = async () => {
    const clusterUid = await untilAnswered(patience, "reading the cluster's identity: trying again", () =>
      kube.kubeSystemUid(),
    );
    const store = await untilAnswered(patience, "reading the stored state: trying again", () =>
      startDesired({
        ...{ kube, own, readOnly, clock, random, tracer, metrics, signal },
        namespace: config.namespace,
        log: log.with({ part: "desired" }),
        report: (status) => statuses.put([status]),
        renew: (reason) => tunnel?.renew(reason),
      }),
    );
    desired = store;
    stops.push(() => store.stop({ save: options.stopping() }));
    const enrolled = await ensureIdentity({
      ...{ own, clusterUid, clock, random, signal },
      namespace: config.namespace,
      managerUrl: config.managerUrl,
      ...(ca ? { ca } : {}),
      ...(config.joinToken === undefined ? {} : { joinToken: config.joinToken }),
      log: log.with({ part: "identity" }),
      explain: clockWatch.explain,
      onProblem(problem) {
        if (problem === undefined) delete health.identityProblem;
        else health.identityProblem = problem;
      },
      onPresent: (clusterId) => void controllers.runFor(clusterId),
    });
    await controllers.runFor(enrolled.identity.clusterId);
    health.enrolled = true;
    const observer = await startObserver({
      ...{ kube, clock, signal },
      log: log.with({ part: "observe" }),
      managed: () => ({ ...store.managed(), graphs: controllers.operator?.stats().graphs ?? 0 }),
      capabilities: () => ({
        mode: config.mode,
        operatorReady: controllers.ready,
        serviceProxy: !readOnly || config.serviceDial === "direct",
        clockInStep: clockWatch.problem() === undefined,
      }),
    });
    stops.push(() => observer.stop());
    const { clusterId } = enrolled.identity;
    const tunnelLog = log.with({ part: "tunnel", clusterId });
    const streams = createStreams({
      ...config,
      ...{ kube, clock, readOnly, metrics },
      log: tunnelLog,
      operator: () => (controllers.ready ? controllers.operator : undefined),
    });
    const rotation = rotateKeys({
      enrolled,
      days: config.keyRotationDays,
      now: () => clock.now(),
      log: tunnelLog,
    });
    signal.throwIfAborted();
    const started = startTunnel({
      ...{ clusterId, clusterUid, metrics, clock, clockWatch, random, signal },
      managerUrl: config.managerUrl,
      ...(ca ? { ca } : {}),
      key: () => enrolled.identity.key,
      cursor: () => store.cursor(),
      observed: () => observer.current(),
      consumers: [store, statuses, streams, observer, rotation, ...options.consumers],
      log: tunnelLog,
    });
    tunnel = started;
    stops.push(() => started.stopped);
  };
  const running = run().catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  const ended = Promise.all([running, aborted(signal)]).then(async () => {
    await Promise.all([...stops.map((stop) => stop()), controllers.operator?.stopped]);
  });

  return {
    health: () => ({
      ...{ ...health, operatorReady: controllers.ready },
      ...(tunnel ? { tunnel: tunnel.status() } : {}),
    }),
    ended,
  };
}
