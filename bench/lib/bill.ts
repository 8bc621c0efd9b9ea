import { round } from "./figures.ts";

export interface Price {
  /** A month's quantity that the base fee holds. */
  included: number;
  /** Units that `usd` is the price of. */
  per: number;
  usd: number;
}

export interface PriceList<Item extends string> {
  base: { usd: number };
  items: Record<Item, Price>;
}

/** A month's bill: the base fee, and what each quantity costs beyond what that includes. */
export function billOf<Item extends string>(
  prices: PriceList<Item>,
  quantities: Record<Item, number>,
): { usd: number; lines: Record<Item, number> } {
  const items = Object.keys(prices.items) as Item[];
  const costs = items.map((item) => {
    const { included, per, usd } = prices.items[item];
    return [item, (Math.max(0, quantities[item] - included) / per) * usd] as const;
  });
  const usd = costs.reduce((sum, [, cost]) => sum + cost, prices.base.usd);
  const lines = Object.fromEntries(costs.map(([item, cost]) => [item, round(cost, 2)]));
  return { usd: round(usd, 2), lines: lines as Record<Item, number> };
}
