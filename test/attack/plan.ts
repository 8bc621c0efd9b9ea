/**
 * How hard to try: `make test` takes a quick choice with a fixed seed; `make attack` more of it, longer, with a seed that
 * it prints and that KUBENOVA_SEED repeats.
 */
export interface AttackPlan {
  long: boolean;
  seed: number;
}

const QUICK_SEED = 20_261_121;

export const plan: AttackPlan = {
  long: process.env.KUBENOVA_ATTACK === "long",
  seed: Number(process.env.KUBENOVA_SEED || QUICK_SEED),
};
