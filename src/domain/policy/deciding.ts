import { freezesAt } from './freeze.ts';
import { globMatches, globTouches } from './glob.ts';
import type { Who } from './groups.ts';
import { namedIn, type Policy, type PolicyRule, ruleFor } from './policy.ts';
import type { HostTarget, ObjectNames } from './targets.ts';

/** A rule that has a say about an object. All of them must allow. */
export interface Deciding {
  /** Undefined if no rule matches. */
  readonly rule: PolicyRule | undefined;
  /** The host it decides about. Absent if the object has only one. */
  readonly host?: HostTarget | undefined;
  /** The names for which locks and freezes are looked up. */
  readonly names: readonly string[];
}

export type AllDeciding = readonly [Deciding, ...Deciding[]];

/**
 * The rules that decide about weights of an object. For each host it is the first rule of the file that matches it. An object of one host
 * is judged by the first rule that matches this host or the object's own name. So with several hosts a rule for the object's name counts,
 * too, where it comes before the host's own.
 */
export function rulesDeciding(policy: Policy, { own, hosts }: ObjectNames): AllDeciding {
  const [only, ...more] = hosts;
  if (only === undefined) return someOf(firstRules(policy, [own]).map((rule) => ({ rule, names: [own] })));
  const isPlain = more.length === 0 && !only.isRoutedOnly;
  const found = hosts.flatMap((host) => {
    const told = more.length === 0 ? {} : { host };
    const rules = [
      ...firstRules(policy, [own, host.name]),
      ...(isPlain ? [] : firstRules(policy, [host.name])),
      ...rulesByOtherName(policy, host, own),
    ];
    return [...new Set(rules)].map((rule) => ({ rule, ...told, names: namesOfBoth(own, host) }));
  });
  return someOf(found);
}

/**
 * The rules that decide about an edit of a whole object. Each name is judged on its own: such an edit may take over any host. The object's
 * own name needs no rule, and a host in its own namespace needs none if it is the only one, as long as there is any rule.
 */
export function rulesDecidingWhole(policy: Policy, { own, hosts }: ObjectNames): AllDeciding {
  const home = own.slice(0, own.lastIndexOf('/') + 1);
  const [only, ...others] = hosts;
  const held = only !== undefined && others.length === 0 ? namesOfBoth(own, only) : [own]; // its host may have no rule of its own
  const ofItself = firstRules(policy, [own]).map((rule) => ({ rule, names: held }));
  const ofHosts = hosts.flatMap((host) => {
    const told = others.length === 0 ? {} : { host };
    const rules = [...firstRules(policy, [host.name]), ...rulesByOtherName(policy, host, own)];
    return [...new Set(rules)].map((rule) => ({ rule, ...told, names: namesOfBoth(own, host) }));
  });
  const isAtHome = others.length === 0 && (only === undefined || only.name.startsWith(home));
  const all = [...ofItself.filter(({ rule }) => rule !== undefined), ...ofHosts];
  const ruled = isAtHome ? all.filter(({ rule }) => rule !== undefined) : all;
  return someOf(ruled.length > 0 ? ruled : ofItself);
}

/** Everyone whose membership a judgement may need. */
export function whoMatters(policy: Policy, deciding: AllDeciding, at: Date): readonly Who[] {
  const excepted = freezesAt(
    policy.freezes,
    deciding.flatMap(({ names }) => names),
    at,
  );
  return [...deciding.flatMap(({ rule }) => namedIn(rule)), ...excepted.flatMap(({ except }) => except.who)];
}

/** The first rule that matches one of these names. If a name has a star, also each earlier rule for something that the name stands for. */
function firstRules(policy: Policy, names: readonly string[]): readonly (PolicyRule | undefined)[] {
  const rule = ruleFor(policy, names);
  const wild = names.filter((name) => name.includes('*'));
  const { rules = [] } = policy;
  const earlier = rule === undefined ? rules : rules.slice(0, rules.indexOf(rule));
  return [...earlier.filter(({ target }) => wild.some((name) => globTouches(target, name))), rule];
}

/**
 * A host like `reviews.default` may be the service or not. So the rule of the service counts if it names it; a rule for anything (`**`) does
 * not, since it would decide about `example.com`, too.
 */
function rulesByOtherName(policy: Policy, { orElse }: HostTarget, own: string): readonly PolicyRule[] {
  if (orElse === undefined) return [];
  const anything = `${clusterOf(own)}\u{1}/\u{1}`;
  return firstRules(policy, [orElse])
    .filter((rule) => rule !== undefined)
    .filter(({ target }) => !globMatches(target, anything));
}

/** A cluster's name may have slashes. */
function clusterOf(own: string): string {
  return own.split('/').slice(0, -2).join('/').concat('/');
}

function namesOfBoth(own: string, { name, orElse }: HostTarget): readonly string[] {
  return [...new Set([own, name, ...(orElse === undefined ? [] : [orElse])])];
}

function someOf(all: readonly Deciding[]): AllDeciding {
  const [first, ...more] = all;
  if (first === undefined) throw new Error('no name is judged');
  return [first, ...more];
}
