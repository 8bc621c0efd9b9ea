import { expect, it } from "vitest";
import { networkOf } from "./network.ts";

it.each([
  ["203.0.113.7", "203.0.113.7"],
  ["::ffff:203.0.113.7", "203.0.113.7"],
  ["2001:db8:1:2ff:3:4:5:6", "2001:db8:1:200::/56"],
  ["2001:db8:1:2aa::1", "2001:db8:1:200::/56"],
  ["not an address", "unknown"],
  [undefined, "unknown"],
])("%s is counted as %s", (address, network) => expect(networkOf(address)).toBe(network));
