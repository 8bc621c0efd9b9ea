/** Operations by their names, and of each parameter what exists for them; the first that knows it holds. */
export type Known = [RegExp, Record<string, string[]>][];
