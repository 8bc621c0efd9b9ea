/**
 * How hard to try: `make test` takes a quick choice with a fixed seed; `make attack` more of it, longer, with a seed that
 * it prints and that KUBENOVA_SEED repeats.
 */
export interface AttackPlan {
  long: boolean;
  seed: number;
  /** So many cases, or twenty times as many: what fast-check's numRuns is given where its default is too much. */
  times(quick: number): number;
  /** Numbers in [0, 1) that the seed repeats; another row of them for each name. */
  random(name: string): () => number;
}

const QUICK_SEED = 20_261_121;
const seed = Number(process.env.KUBENOVA_SEED || QUICK_SEED);

const long = process.env.KUBENOVA_ATTACK === "long";

export const plan: AttackPlan = {
  long,
  seed,
  times: (quick) => (long ? 20 * quick : quick),
  random: (name) => seeded([...name].reduce((hash, char) => Math.imul(hash, 31) + char.charCodeAt(0), seed)),
};

/** Numbers in [0, 1) that a seed repeats (mulberry32). */
export function seeded(from: number): () => number {
  let state = from >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
