/**
 * Who holds what of a room that all share. Whoever needs an entry holds a claim on it and is charged its whole size, others'
 * claims or not: so nobody's charge grows by what another does. Where the room is full, claims of the owner with the largest
 * charge go, its longest unused first. With n owners in a room of s, one that holds s/n or less loses nothing to the others.
 * An entry goes with its last claim.
 */
export interface Shares {
  readonly owners: number;
  /** What the entries take, each once, and each further claim on one as much as `claimSize`. */
  total(): number;
  names(): string[];
  has(name: string): boolean;
  /** Whose claims an entry has; undefined: it is not there. */
  claimants(name: string): readonly string[];
  isClaimed(owner: string, name: string): boolean;
  /** Adds the claim, or moves it to the end of its owner's; `size` counts for the entry from now on. */
  claim(owner: string, name: string, size: number, usedAt: number): void;
  /** The same for an entry that is there. */
  touch(owner: string, name: string, usedAt: number): void;
  release(owner: string, name: string): void;
  /** Which claim goes next; undefined: there is none. */
  next(now: number): { owner: string; name: string } | undefined;
}

export interface SharesOptions {
  claimSize: number;
  /** What nobody has used for so long goes first, whoever's it is: an owner that is gone keeps nothing. */
  unusedMs: number;
}

interface Entry {
  size: number;
  owners: Set<string>;
}

interface Owner {
  charge: number;
  /** When each was used, by name; the longest unused first. */
  claims: Map<string, number>;
}

export function createShares({ claimSize, unusedMs }: SharesOptions): Shares {
  const entries = new Map<string, Entry>();
  const owners = new Map<string, Owner>();
  let total = 0;

  const release = (owner: string, name: string): void => {
    const [entry, holder] = [entries.get(name), owners.get(owner)];
    if (!entry || !holder?.claims.delete(name)) return;
    holder.charge -= entry.size;
    if (holder.claims.size === 0) owners.delete(owner);
    entry.owners.delete(owner);
    total -= entry.owners.size > 0 ? claimSize : entry.size;
    if (entry.owners.size === 0) entries.delete(name);
  };
  const resize = (entry: Entry, size: number): void => {
    for (const owner of entry.owners) (owners.get(owner) as Owner).charge += size - entry.size;
    total += size - entry.size;
    entry.size = size;
  };
  const claim = (owner: string, name: string, size: number, usedAt: number): void => {
    const holder = owners.get(owner) ?? { charge: 0, claims: new Map() };
    const entry = entries.get(name) ?? { size, owners: new Set() };
    if (entry.size !== size) resize(entry, size);
    if (!entry.owners.has(owner)) {
      total += entry.owners.size > 0 ? claimSize : size;
      holder.charge += size;
    }
    entry.owners.add(owner);
    holder.claims.delete(name);
    holder.claims.set(name, usedAt);
    entries.set(name, entry);
    owners.set(owner, holder);
  };

  return {
    get owners() {
      return owners.size;
    },
    total: () => total,
    names: () => [...entries.keys()],
    has: (name) => entries.has(name),
    claimants: (name) => [...(entries.get(name)?.owners ?? [])],
    isClaimed: (owner, name) => entries.get(name)?.owners.has(owner) ?? false,
    claim,
    touch(owner, name, usedAt) {
      const entry = entries.get(name);
      if (entry) claim(owner, name, entry.size, usedAt);
    },
    release,
    next(now) {
      const all = [...owners].map(([owner, { charge, claims }]) => {
        const [name, usedAt] = first(claims);
        return { claim: { owner, name }, usedAt, charge };
      });
      const oldest = best(all, (a, b) => a.usedAt < b.usedAt);
      if (oldest === undefined || now - oldest.usedAt > unusedMs) return oldest?.claim;
      return best(all, (a, b) => a.charge > b.charge || (a.charge === b.charge && a.usedAt < b.usedAt))
        ?.claim;
    },
  };
}

const first = (claims: Owner["claims"]): [string, number] =>
  claims.entries().next().value as [string, number];

const best = <T>(all: readonly T[], isBetter: (a: T, b: T) => boolean): T | undefined =>
  all.reduce<T | undefined>((found, one) => (found && !isBetter(one, found) ? found : one), undefined);
