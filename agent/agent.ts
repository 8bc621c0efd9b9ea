import { randomBytes } from "node:crypto";
import { startAudit } from "./audit/index.ts";
import { createClockWatch } from "./clock-watch.ts";
import type { Config } from "./config.ts";
import type { HealthInput } from "./http/health.ts";
import { registerProcess, requestMetrics } from "./http/process-metrics.ts";
import { startHttp } from "./http/server.ts";
import { LEASE, ownObjects } from "./identity/own-objects.ts";
import { loadKube, type RequestInfo, startLeaderElection, systemClock } from "./kube/index.ts";
import { errorText, type Logger } from "./log.ts";
import { createMetrics } from "./metrics.ts";
import { startModules } from "./modules.ts";
import { startTerm, type Term, type TermOptions } from "./term.ts";
import { createAdmission } from "./tracing/admission.ts";
import { createExporter } from "./tracing/exporter.ts";
import { createTracer, NO_TRACER } from "./tracing/tracer.ts";
import { VERSION } from "./version.ts";

export interface AgentOptions {
  config: Config;
  log: Logger;
  startOperator: TermOptions["startOperator"];
  /** Without it: $KUBECONFIG, else the pod's ServiceAccount. */
  kubeconfig?: string;
}

export interface Agent {
  /** Of the health and metrics server. */
  readonly port: number;
  health(): HealthInput;
  /** Ends streams, controllers and the session, stores the state, gives the Lease back. */
  stop(): Promise<void>;
}

const LEASES = "leases.coordination.k8s.io";

/** The whole process: clients, health server, election; what a leader does is term.ts. */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { config, log } = options;
  const clock = systemClock;
  const metrics = createMetrics();
  const vitals = registerProcess(metrics);
  const measure = requestMetrics(metrics);
  let lastElection = clock.monotonic();
  let term: Term | undefined;
  let stopping = false;

  const clockWatch = createClockWatch(clock, log, metrics);
  const onRequest = (info: RequestInfo) => {
    measure(info);
    clockWatch.onRequest(info);
    if (info.resource === LEASES) lastElection = clock.monotonic();
  };
  const readOnly = config.mode === "read-only";
  const credentials = {
    ...(options.kubeconfig === undefined ? {} : { kubeconfig: options.kubeconfig }),
    ...(config.serviceAccountDir === undefined ? {} : { serviceAccountDir: config.serviceAccountDir }),
  };
  const userAgent = `kubenova-agent/${VERSION}`;
  const kube = await loadKube({ ...credentials, readOnly, onRequest, userAgent });
  // A read-only client refuses every write, so that the agent's own three objects need another.
  const writable = readOnly ? await loadKube({ ...credentials, onRequest, userAgent }) : kube;
  const own = ownObjects(writable, config.namespace);
  const tools = startModules(config.modules, { clock, log, metrics });

  const audit =
    config.audit &&
    (await startAudit({
      ...{ config: config.audit, kube: writable, clock, metrics },
      namespace: config.namespace,
      log: log.with({ part: "audit" }),
    }));
  const exporter =
    config.traces &&
    createExporter(config.traces, {
      resource: {
        "service.name": "kubenova-agent",
        "service.version": VERSION,
        "service.instance.id": config.podName,
        "k8s.namespace.name": config.namespace,
      },
      metrics,
      log: log.with({ part: "tracing" }),
    });
  const admission = createAdmission(() => clock.monotonic());
  const tracer = exporter ? createTracer(exporter.add, () => clock.now(), admission) : NO_TRACER;

  const leaderGauge = metrics.gauge("kubenova_agent_leader", "1 while this process holds the Lease");
  leaderGauge.set(0);
  // A container that died and was started anew need not wait for its own Lease to end.
  const pod = config.podUid === undefined ? {} : { ended: `${config.podName}_${config.podUid}_` };
  const election = startLeaderElection(own, {
    lease: { namespace: config.namespace, name: LEASE },
    ...pod,
    identity: `${pod.ended ?? `${config.podName}_`}${randomBytes(4).toString("hex")}`,
    async onStartedLeading(signal) {
      log.info("leading", { mode: config.mode, namespace: config.namespace });
      leaderGauge.set(1);
      const shared = {
        config,
        kube,
        own,
        tools,
        tracer,
        log,
        metrics,
        clock,
        clockWatch,
        random: Math.random,
        signal,
      };
      term = startTerm({
        ...shared,
        startOperator: options.startOperator,
        stopping: () => stopping,
        consumers: audit ? [audit] : [],
      });
      await term.ended;
    },
    onStoppedLeading() {
      term = undefined;
      leaderGauge.set(0);
      log.warn("no longer leading");
    },
    onNewLeader: (leader) => log.info("leader", { leader }),
    onError: (error) => log.warn("the election", { error: clockWatch.explain(errorText(error)) }),
  });

  const health = (): HealthInput => {
    const clockProblem = clockWatch.problem();
    const base = {
      loopLagMs: vitals.loopLagMs(),
      sinceElectionMs: clock.monotonic() - lastElection,
      ...(clockProblem === undefined ? {} : { clockProblem }),
    };
    const none = { enrolled: false, tunnel: { state: "stopped" as const }, operatorReady: false };
    if (term) return { ...base, ...term.health(), role: "leader" };
    return { ...base, ...none, role: election.leader === "" ? "starting" : "standby" };
  };
  const http = await startHttp({ ...config.http, health, metrics });
  log.info("started", {
    version: VERSION,
    mode: config.mode,
    manager: config.managerUrl.origin,
    port: http.port,
  });

  return {
    port: http.port,
    health,
    async stop() {
      stopping = true;
      await audit?.stop();
      await election.stop();
      await tools.stop();
      await exporter?.stop();
      await http.close();
      vitals.stop();
      kube.close();
      if (writable !== kube) writable.close();
    },
  };
}
