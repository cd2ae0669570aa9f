/**
 * Weights by version, as a rule of a routing object holds them: integers of any sum, in the object's own order. A share is a
 * weight over the sum (Istio since 1.15, Gateway API), so 1:1 and 50:50 are the same split; people read and type percent.
 */
export type Split = Readonly<Record<string, number>>;

/** From one split to another, of one rule. */
export interface Move {
  readonly rule: string;
  readonly from: Split;
  readonly to: Split;
}

/** Percent by version; integers that sum to 100 unless every weight is 0. */
export type Percentages = Readonly<Record<string, number>>;

export type Rebalanced =
  | { readonly kind: 'split'; readonly split: Split }
  /** The others have nothing now, so nothing says which of them takes the rest. */
  | { readonly kind: 'nobody-else'; readonly others: readonly string[] };

/** What the weights of a kind have to be, beside whole numbers. */
export interface WeightBounds {
  /** They always have this sum. */
  readonly sum?: number | undefined;
  /** No single one is greater. */
  readonly most?: number | undefined;
}

const hundred = 100;
/** Kubernetes keeps a weight as an int32. */
const maxWeight = 2_147_483_647;

export function total(split: Split): number {
  return Object.values(split).reduce((sum, weight) => sum + weight, 0);
}

/** The weight of a version, 0 where it has none. A version may be named `constructor`, so an inherited property is not one. */
export function weightOf(split: Split, version: string): number {
  return Object.hasOwn(split, version) ? (split[version] ?? 0) : 0;
}

/** What rounding loses goes to the largest remainders, the earlier version first, so that the percentages still sum to 100. */
export function percentages(split: Split): Percentages {
  return total(split) === 0 ? split : apportion(hundred, split);
}

/** The same in tenths of a percent, which sum to 1,000. */
export function permilles(counts: Split): Split {
  return apportion(10 * hundred, counts);
}

/** Whether two splits send the same shares, whatever sums they are written in. A version that is absent has nothing. */
export function sameShares(a: Split, b: Split): boolean {
  const [totalA, totalB] = [BigInt(total(a)), BigInt(total(b))];
  if (totalA === 0n || totalB === 0n) return totalA === totalB;

  return versionsOf(a, b).every(
    (version) => BigInt(weightOf(a, version)) * totalB === BigInt(weightOf(b, version)) * totalA,
  );
}

/** Gives one version `percent` of the traffic; the others share the rest in proportion to what they have. */
export function giveShare(split: Split, version: string, percent: number, bounds?: WeightBounds): Rebalanced {
  const others = Object.keys(split).filter((other) => other !== version);
  const rest = hundred - percent;
  const basis = othersBasis(split, others);
  if (rest > 0 && basis === undefined) return { kind: 'nobody-else', others };

  const shares = apportion(rest, basis ?? {});
  const entries = versionsOf(split, { [version]: 0 }).map((each): [string, number] => [
    each,
    each === version ? percent : weightOf(shares, each),
  ]);
  return { kind: 'split', split: onScaleOf(split, Object.fromEntries(entries), bounds) };
}

/** The whole split in percent; versions of the old split that are not named get nothing and keep their place. */
export function giveWhole(split: Split, shares: Percentages, bounds?: WeightBounds): Split {
  const entries = versionsOf(split, shares).map((version): [string, number] => [version, weightOf(shares, version)]);
  return onScaleOf(split, Object.fromEntries(entries), bounds);
}

/**
 * The target split as it is written beside the live one: every live version keeps its destination, if only with 0. A version that
 * has no place any more and is to get nothing needs none.
 */
export function keepingPlaces(live: Split, target: Split): Split {
  return Object.fromEntries(
    versionsOf(live, target)
      .filter((version) => Object.hasOwn(live, version) || weightOf(target, version) > 0)
      .map((version) => [version, weightOf(target, version)]),
  );
}

/** Every version of any of them, the first split's order first. */
export function versionsOf(...splits: readonly Split[]): readonly string[] {
  return [...new Set(splits.flatMap((split) => Object.keys(split)))];
}

function othersBasis(split: Split, others: readonly string[]): Split | undefined {
  const [only] = others;
  if (others.length === 1 && only !== undefined) return { [only]: 1 };

  const basis = Object.fromEntries(others.map((other) => [other, weightOf(split, other)]));
  return total(basis) > 0 ? basis : undefined;
}

/**
 * A sum that is a multiple of 100 is kept, since whoever wrote it may read it; any other cannot hold every percent. Nor is one kept
 * that no single weight can hold.
 */
function onScaleOf(old: Split, shares: Percentages, { sum: fixed, most = maxWeight }: WeightBounds = {}): Split {
  const sum = fixed ?? total(old);
  const keeps = sum >= hundred && sum <= most && sum % hundred === 0;
  const factor = keeps ? sum / hundred : 1;
  return Object.fromEntries(Object.entries(shares).map(([version, percent]) => [version, percent * factor]));
}

/** Divides `amount` in proportion to the weights, in integers, by largest remainder. */
function apportion(amount: number, weights: Split): Split {
  const sum = BigInt(total(weights));
  const parts = Object.entries(weights).map(([version, weight]) => {
    const product = BigInt(weight) * BigInt(amount);
    return { version, floor: Number(sum === 0n ? 0n : product / sum), remainder: sum === 0n ? 0n : product % sum };
  });
  const left = sum === 0n ? 0 : amount - parts.reduce((given, part) => given + part.floor, 0);
  const byRemainder = parts.toSorted((a, b) => Number(b.remainder > a.remainder) - Number(b.remainder < a.remainder));
  const lucky = new Set(byRemainder.slice(0, left).map((part) => part.version));
  return Object.fromEntries(parts.map((part) => [part.version, part.floor + (lucky.has(part.version) ? 1 : 0)]));
}
