import type { RouteRule } from './of-2017/route-rule.ts';
import { describeLabels, hostOf, type Labels, subsetOf } from './of-2017/subsets.ts';

/** The rules of one destination. They become one VirtualService. */
export interface Gathered {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly host: string;
  /** The line of its first rule. */
  readonly line: number;
  /** In the order in which Istio tries them. */
  readonly rules: readonly RouteRule[];
  readonly subsets: readonly NeededSubset[];
}

/** A subset that a DestinationRule must have. */
export interface NeededSubset {
  readonly host: string;
  readonly name: string;
  readonly labels: Labels;
}

/** Collects the rules of one destination in the order of the file. */
export class Gathering {
  readonly #name: string;
  readonly #host: string;
  readonly #first: RouteRule;
  readonly #rules: RouteRule[] = [];
  #subsets: ReadonlyMap<string, NeededSubset> = new Map();

  constructor(name: string, host: string, first: RouteRule) {
    this.#name = name;
    this.#host = host;
    this.#first = first;
  }

  /** Adds a rule, or says why it cannot be added. */
  take(rule: RouteRule, host: string): string | undefined {
    const { line } = this.#first.object;
    if (host !== this.#host)
      return `it is for \`${host}\` and the rule in line ${line} is for \`${this.#host}\`, but both become VirtualService \`${this.#name}\`: use the same host`;
    const subsets = new Map(this.#subsets);
    for (const needed of neededBy(rule)) {
      const known = subsets.get(keyOf(needed));
      if (known !== undefined && !isSame(known, needed))
        return `its labels and the labels ${describeLabels(known.labels)} both become the subset \`${needed.name}\``;
      subsets.set(keyOf(needed), needed);
    }
    this.#subsets = subsets;
    this.#rules.push(rule);
    return undefined;
  }

  /** Highest precedence first. Rules of equal precedence keep the order of the file. */
  ended(): Gathered {
    return {
      name: this.#name,
      namespace: this.#first.namespace,
      host: this.#host,
      line: this.#first.object.line,
      rules: this.#rules.toSorted((a, b) => b.spec.precedence - a.spec.precedence),
      subsets: [...this.#subsets.values()],
    };
  }
}

export function takesAll({ spec: { match } }: RouteRule): boolean {
  const conditions = { ...match?.request?.headers, ...match?.source?.labels };
  return Object.keys(conditions).length === 0;
}

function neededBy({ spec: { destination, route, mirror }, namespace }: RouteRule): readonly NeededSubset[] {
  const to = [...route, ...(mirror === undefined ? [] : [{ destination: mirror, labels: mirror.labels ?? {} }])];
  return to.flatMap(({ destination: other, labels }) => {
    const host = hostOf(other ?? destination, namespace);
    const name = subsetOf(labels);
    return host === undefined || name === undefined ? [] : [{ host, name, labels }];
  });
}

function keyOf({ host, name }: NeededSubset): string {
  return `${host} ${name}`;
}

function isSame({ labels: a }: NeededSubset, { labels: b }: NeededSubset): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
