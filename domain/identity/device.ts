/** A terminal that waits for a person's word (RFC 8628). Times are milliseconds since 1970. */
export interface DeviceState {
  state: "pending" | "approved" | "denied" | "used";
  expiresAt: number;
  lastPolledAt: number | null;
  /** Seconds between two questions; grows by 5 with each that comes too soon. */
  interval: number;
}

export const DEVICE_TTL_MS = 10 * 60 * 1000;
export const DEVICE_INTERVAL_SECONDS = 5;
const SLOWER_SECONDS = 5;
/** A clock's jitter is nobody's haste. */
const TOLERANCE_MS = 500;

export type DevicePoll =
  | "slow_down"
  | "authorization_pending"
  | "access_denied"
  | "expired_token"
  /** It has its tokens already, and whoever asks has a copy of its code. */
  | "invalid_grant"
  | "approved";

/** What a terminal is told that asks now (RFC 8628, section 3.5). */
export function judgePoll(device: DeviceState, now: number): DevicePoll {
  if (device.state === "used") return "invalid_grant";
  if (device.expiresAt <= now) return "expired_token";
  if (device.state === "denied") return "access_denied";
  const soon =
    device.lastPolledAt !== null && now - device.lastPolledAt < device.interval * 1000 - TOLERANCE_MS;
  if (soon) return "slow_down";
  return device.state === "approved" ? "approved" : "authorization_pending";
}

/** The interval after an answer. */
export const nextInterval = (device: DeviceState, poll: DevicePoll): number =>
  poll === "slow_down" ? device.interval + SLOWER_SECONDS : device.interval;
