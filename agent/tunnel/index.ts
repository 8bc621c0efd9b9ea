import type { ClockWatch } from "../clock-watch.ts";
import type { Clock, Random } from "../kube/index.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { dial } from "./dial.ts";
import { type HelloInput, helloOf } from "./hello.ts";
import { afterEnding, type Ending, firstDelayMs, initialReconnect } from "./reconnect.ts";
import { runSession, type SessionEnd } from "./session.ts";
import type { Challenge, Consumer, Link } from "./types.ts";

export type { Consumer, Link } from "./types.ts";

export interface TunnelOptions extends HelloInput {
  ca?: readonly string[];
  consumers: readonly Consumer[];
  log: Logger;
  metrics: Metrics;
  clock: Clock;
  /** Told of the manager's time, and asked when TLS fails. */
  clockWatch?: Pick<ClockWatch, "told" | "explain">;
  random: Random;
  /** Ends the tunnel. */
  signal: AbortSignal;
}

/**
 * `waiting`: the manager cannot be reached. `refused`: it said no, and is asked again in minutes. `stopped` and `fenced`
 * are final for this term of the Lease.
 */
export type TunnelState = "connecting" | "connected" | "waiting" | "refused" | "fenced" | "stopped";

export interface Tunnel {
  status(): { state: TunnelState; reason?: string; session?: number };
  /** Ends the session, where there is one, to start another at once: for a fresh snapshot. */
  renew(reason: string): void;
  /** Resolves after the signal, when the socket is closed. */
  readonly stopped: Promise<void>;
}

/** A session that ends this early says nothing about the manager's health: the backoff goes on growing. */
const STABLE_AFTER_MS = 10_000;

/** Dials, and dials again, until the signal aborts or the manager has given this identity to somebody else. */
export function startTunnel(options: TunnelOptions): Tunnel {
  const { log, clock, clockWatch, random, signal, clusterId } = options;
  const counters = countersOf(options.metrics);
  let status: ReturnType<Tunnel["status"]> = { state: "connecting" };
  let link: Link | undefined;

  const own: Consumer = {
    onWelcome(session) {
      link = session;
      const { welcome } = session;
      status = { state: "connected", session: welcome.session };
      counters.connected.set(1);
      const { epoch, mode, seq } = welcome;
      log.info("connected", { session: welcome.session, epoch, mode, seq });
    },
    onLost() {
      link = undefined;
      counters.connected.set(0);
    },
  };
  const once = async (): Promise<SessionEnd> => {
    let refusal: Ending | undefined;
    const onDate = (date: string | undefined) => clockWatch?.told("manager", date);
    const { publicKey } = options.key();
    const socket = dial({ ...options, publicKey, onDate }, (ending) => {
      refusal = ending;
    });
    const consumers = [own, ...options.consumers];
    const makeHello = (challenge: Challenge) => helloOf(options, challenge);
    const { ending, welcomed } = await runSession({ socket, clusterId, clock, signal, consumers, makeHello });
    // Only a session can be taken over: said before one, it is no reason to stop for good.
    const isFenced = ending.kind === "fenced" && !welcomed;
    const how = refusal ?? (isFenced ? { kind: "lost" as const, reason: ending.reason } : ending);
    return { ending: { ...how, reason: clockWatch?.explain(how.reason) ?? how.reason }, welcomed };
  };
  const run = async (): Promise<void> => {
    let state = initialReconnect;
    await clock.sleep(firstDelayMs(random()), signal);
    while (!signal.aborted) {
      if (status.state === "connected") status = { state: "connecting" };
      const began = clock.monotonic();
      const { ending, welcomed } = await once();
      if (signal.aborted) return;
      counters.endings.inc({ kind: ending.kind });
      const stable = welcomed && clock.monotonic() - began >= STABLE_AFTER_MS;
      const verdict = afterEnding(state, ending, stable, random());
      ({ state } = verdict);
      if (verdict.kind === "stop") {
        status = { state: "fenced", reason: ending.reason };
        counters.fenced.set(1);
        log.error(
          "fenced: another agent uses this cluster's identity; not reconnecting before the Lease changes",
          { reason: ending.reason },
        );
        return;
      }
      status = { state: ending.kind === "refused" ? "refused" : "waiting", reason: ending.reason };
      const level = ending.kind === "refused" ? "error" : "warn";
      log[level]("not connected", { kind: ending.kind, reason: ending.reason, retryInMs: verdict.ms });
      await clock.sleep(verdict.ms, signal);
    }
  };
  const stopped = run()
    .catch((error: unknown) => {
      if (!signal.aborted) throw error;
    })
    .finally(() => {
      if (signal.aborted) status = { state: "stopped", reason: "the agent stops" };
    });

  return {
    status: () => status,
    renew: (reason) => link?.end({ kind: "renew", reason }),
    stopped,
  };
}

function countersOf(metrics: Metrics) {
  const connected = metrics.gauge(
    "kubenova_agent_tunnel_connected",
    "1 while a session with the manager is open",
  );
  const fenced = metrics.gauge("kubenova_agent_tunnel_fenced", "1 after another session took this identity");
  connected.set(0);
  fenced.set(0);
  const endings = metrics.counter("kubenova_agent_tunnel_endings_total", "Connections that ended, by kind");
  return { connected, fenced, endings };
}
