import type { Clock } from "../kube/clock.ts";
import { type Child, startChild } from "./child.ts";
import { IDLE_MS, type RenderLimits } from "./limits.ts";
import { isToBeReplaced, isToRest, restartPauseMs } from "./rules.ts";
import type { Timers } from "./timers.ts";

export interface Member {
  readonly child: Child;
  busy: boolean;
  usedAt: number;
  readonly exited: Promise<void>;
}

/** The processes: started when there is work, replaced before they grow old, ended when there is none. */
export interface Crew {
  /** One that is free, and busy from now on; undefined where none may be started now. */
  take(): Member | undefined;
  release(member: Member): void;
  /** It ended before it answered anything: the next start waits. */
  delayStarts(): void;
  residentBytes(): number;
  stop(): Promise<void>;
}

export interface CrewOptions {
  binary: string;
  limits: RenderLimits;
  clock: Clock;
  timers: Timers;
  /** There may be a place again. */
  onRoom(): void;
}

export function createCrew({ binary, limits, clock, timers, onRoom }: CrewOptions): Crew {
  const members = new Set<Member>();
  let failedStarts = 0;
  let startsAt = 0;
  let isSweeping = false;

  /** Those in use last come first, so that the others become idle. */
  const alive = () => [...members].filter(({ child }) => child.alive).sort((a, b) => b.usedAt - a.usedAt);

  const start = (): Member | undefined => {
    if (members.size >= limits.processes || clock.monotonic() < startsAt) return undefined;
    const { promise: exited, resolve: exit } = Promise.withResolvers<void>();
    const onExit = () => {
      members.delete(member);
      exit();
      onRoom();
    };
    const { memoryBytes, answerBytes } = limits;
    const child = startChild({ binary, memoryBytes, answerBytes, onExit });
    const member: Member = { child, busy: false, usedAt: clock.monotonic(), exited };
    members.add(member);
    return member;
  };

  const sweepLater = (): void => {
    if (isSweeping) return;
    isSweeping = true;
    timers.after(IDLE_MS, () => {
      isSweeping = false;
      sweep();
    });
  };

  const sweep = (): void => {
    const now = clock.monotonic();
    for (const [rank, { child, busy, usedAt }] of alive().entries()) {
      if (busy || now - usedAt < IDLE_MS) sweepLater();
      else if (isToRest(rank, child.residentBytes())) child.end("stopped", "not needed");
    }
  };

  return {
    take() {
      const member = alive().find(({ busy }) => !busy) ?? start();
      if (member) member.busy = true;
      return member;
    },
    release(member) {
      const { child } = member;
      member.busy = false;
      member.usedAt = clock.monotonic();
      if (child.answered > 0) failedStarts = 0;
      if (child.alive && isToBeReplaced(child.answered, child.residentBytes(), limits.memoryBytes)) {
        child.end("stopped", "replaced");
      }
      sweepLater();
    },
    delayStarts() {
      const pauseMs = restartPauseMs(failedStarts);
      failedStarts += 1;
      startsAt = clock.monotonic() + pauseMs;
      timers.after(pauseMs, onRoom);
    },
    residentBytes: () => alive().reduce((sum, { child }) => sum + child.residentBytes(), 0),
    async stop() {
      for (const { child } of members) child.end("stopped", "the agent stops");
      await Promise.all([...members].map(({ exited }) => exited));
    },
  };
}
