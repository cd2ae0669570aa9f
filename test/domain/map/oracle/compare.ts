import type { Backend, Cluster } from '../../../../src/domain/map/clusters/cluster.ts';
import type { Caller, Governed, GovernedRule, Share } from '../../../../src/domain/map/governed.ts';
import { type Request, ruleFor } from '../../../../src/domain/map/match.ts';
import type { Id, MeshObject } from '../../../../src/domain/map/objects.ts';
import type { TrafficMap } from '../../../../src/domain/map/traffic-map.ts';
import { callerOf, type Probe, podsByAddress } from './worlds.ts';

/** What the map says of a probe, in the words of the oracle. */
interface Said {
  readonly governedBy: string | null;
  readonly rule?: number | undefined;
  readonly delegate?: string | undefined;
  readonly delegateRule?: number | undefined;
  readonly weights: Readonly<Record<string, number | boolean>>;
  /** Each answer that may come, and with which probability. */
  readonly answers: ReadonlyMap<string, number>;
  /** The DestinationRules of the clusters that are used; `none` for one without. */
  readonly definedBy: readonly string[];
}

/** A headless service is reached at the address that the client chose. */
const anyPod = 'the pod that was dialled';

/** What differs between the map and the oracle; empty where they agree. */
export function differences(map: TrafficMap, objects: readonly MeshObject[], probe: Probe): readonly string[] {
  const said = say(map, callerOf(probe, objects), probe);
  return [
    ...differingObject(said, probe),
    ...differingRule(said, probe),
    ...differingWeights(said, probe),
    ...differingAnswers(said, probe),
    ...differingDefinition(said, probe),
  ];
}

function say(map: TrafficMap, caller: Caller, probe: Probe): Said {
  const host = map.hostOf(probe.authority, caller);
  const governed = map.of(host, caller, probe.port);
  const rule = ruleFor(governed.rules, requestOf(probe), fitsRe2);
  const clusterOf = (share: Share) => map.clusterOf(share, caller);
  if (rule !== undefined) return saidOfRule(rule, probe, clusterOf);
  const outcome = governed.otherwise === 'service' ? toService(map, governed, probe) : ownOutcome(governed);
  return { governedBy: null, definedBy: [], ...outcome };

  function toService(of: TrafficMap, { port = probe.port }: Governed, asked: Probe): Omit<Said, 'governedBy'> {
    const share = of.serviceShare(host, caller, port);
    const answers = new Map<string, number>();
    add(answers, answersOf(clusterOf(share), asked, '503'), 1);
    return { weights: { [clusterName(share)]: 100 }, answers, definedBy: definedBy([clusterOf(share)]) };
  }
}

function requestOf({ authority, path = '/reviews/0', method = 'GET', headers = {} }: Probe): Request {
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value.trim()]));
  return { authority, path, method, scheme: 'http', headers: lower };
}

/** The oracle's regexes mean the same in JavaScript, but for the flag of RE2. */
function fitsRe2(pattern: string, value: string): boolean {
  const [, flags = '', rest = ''] = /^(?:\(\?(i)\))?(.*)$/s.exec(pattern) ?? [];
  return new RegExp(`^(?:${rest})$`, flags).test(value);
}

function saidOfRule(rule: GovernedRule, probe: Probe, clusterOf: (share: Share) => Cluster): Said {
  const { delegate, object, at } = rule;
  const isApi = object.kind !== 'VirtualService';
  const answers = new Map<string, number>();
  const total = rule.shares.reduce((sum, { weight }) => sum + weight, 0);
  for (const share of rule.shares) {
    add(answers, answersOf(clusterOf(share), probe, isApi ? '500' : '503'), share.weight / total);
  }
  if (rule.action === 'redirect') answers.set(`${rule.status} ->`, 1);
  if (rule.action === 'answer') answers.set(`${rule.status} direct_response`, 1);
  const abort = rule.abort;
  if (abort !== undefined) {
    for (const [answer, share] of answers) answers.set(answer, (share * (100 - abort.percent)) / 100);
    answers.set(`${abort.status} FI`, abort.percent / 100);
  }
  return {
    governedBy: named(object),
    rule: at,
    delegate: delegate === undefined ? undefined : named(delegate.object),
    delegateRule: delegate?.at,
    weights: weightsOf(rule),
    answers,
    definedBy: definedBy(rule.shares.map(clusterOf)),
  };
}

function ownOutcome({ otherwise }: Governed): Pick<Said, 'weights' | 'answers'> {
  switch (otherwise) {
    case 'no-route':
      return { weights: {}, answers: new Map([['404 NR', 1]]) };
    case 'direct':
      return { weights: { PassthroughCluster: 100 }, answers: new Map([['direct/', 1]]) };
    case 'blocked':
      return { weights: { direct_response: 502 }, answers: new Map([['502 direct_response', 1]]) };
    case 'https':
      return { weights: {}, answers: new Map([['301 ->', 1]]) };
    default:
      return { weights: {}, answers: new Map([['error: connection refused', 1]]) };
  }
}

function add(to: Map<string, number>, answers: readonly string[], share: number): void {
  for (const answer of answers) to.set(answer, (to.get(answer) ?? 0) + share / answers.length);
}

function answersOf(cluster: Cluster, { tcp }: Probe, missing: '500' | '503'): readonly string[] {
  switch (cluster.kind) {
    case 'no-cluster':
      return [tcp === true ? 'closed NC' : `${missing} NC`];
    case 'no-pod':
      return [tcp === true ? 'closed UH' : '503 UH'];
    case 'as-dialled':
      return [anyPod];
    case 'pods':
      return cluster.backends.map(nameOf);
  }
}

/** `reviews/v1`, `payments.other/v2`; an endpoint of a ServiceEntry is `ext/e1`. */
function nameOf({ pod, namespace, address, labels }: Backend): string {
  const [, app = 'ext', version = labels['version']] =
    /^(.*)-(\w+)$/.exec(pod ?? podsByAddress.get(address) ?? '') ?? [];
  return `${app}${namespace === 'default' ? '' : `.${namespace}`}/${version}`;
}

/** A pod that was asked for by its address. */
function podAt(authority: string): string | undefined {
  const pod = podsByAddress.get(authority.replace(/:\d+$/, ''));
  return pod?.replace(/-(\w+)$/, '/$1');
}

function weightsOf({ shares, action, status }: GovernedRule): Said['weights'] {
  if (action === 'redirect') return { redirect: true };
  if (action === 'answer') return { direct_response: status ?? 0 };
  const weights: Record<string, number> = {};
  const groups = Object.entries(Object.groupBy(shares, ({ host, subset, port }) => `${port}|${subset}|${host}`));
  // The oracle tells two hosts apart by less than their names, and then has the last one's weight.
  for (const [, group = []] of groups) {
    for (const share of group.slice(0, 1))
      weights[clusterName(share)] = group.reduce((sum, { weight }) => sum + weight, 0);
  }
  const names = groups.length === 1 ? Object.keys(weights) : [];
  return names.length > 0 ? Object.fromEntries(names.map((name) => [name, 100])) : weights;
}

function clusterName({ host, subset, port, isInvalid }: Share): string {
  if (isInvalid === true) return 'UnknownService';
  return `${port}|${subset ?? ''}|${host.replace(/\.svc\.cluster\.local$/, '')}`;
}

function named({ kind, namespace, name }: Id): string {
  return `${kind} ${namespace}/${name}`;
}

function differingObject({ governedBy }: Said, probe: Probe): readonly string[] {
  if (probe.governedBy === undefined) return [];
  const may = [probe.governedBy].flat();
  return may.includes(governedBy) ? [] : [`governed by ${may}, not by ${governedBy}`];
}

function differingRule(said: Said, { rule, ruleOneOf, delegate, delegateRule }: Probe): readonly string[] {
  const may = rule === undefined ? ruleOneOf : [rule];
  return [
    ...(may === undefined || (said.rule !== undefined && may.includes(said.rule))
      ? []
      : [`rule ${may}, not ${said.rule}`]),
    ...(delegate === undefined || delegate === said.delegate ? [] : [`delegate ${delegate}, not ${said.delegate}`]),
    ...(delegateRule === undefined || delegateRule === said.delegateRule
      ? []
      : [`delegate's rule ${delegateRule}, not ${said.delegateRule}`]),
  ];
}

function differingWeights({ weights }: Said, probe: Probe): readonly string[] {
  const all = probe.weights === undefined ? probe.weightsOneOf : [probe.weights];
  if (all === undefined || all.some((each) => sorted(each) === sorted(weights))) return [];
  return [`weights ${all.map(sorted)}, not ${sorted(weights)}`];
}

function sorted(weights: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.entries(weights).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function definedBy(clusters: readonly Cluster[]): readonly string[] {
  return clusters.flatMap((each) => {
    if (each.kind === 'no-cluster') return [];
    const [first] = each.definedBy;
    return [first === undefined ? 'none' : named(first)];
  });
}

function differingDefinition(said: Said, { destinationRule }: Probe): readonly string[] {
  if (destinationRule === undefined) return [];
  const came = [destinationRule].flat();
  const isKnown = came.every((each) => said.definedBy.includes(each));
  return isKnown ? [] : [`defined by ${came}, not ${said.definedBy}`];
}

/** An answer that is expected a dozen times and never comes, or that comes and is not expected. */
function differingAnswers({ answers }: Said, probe: Probe): readonly string[] {
  const count = Object.values(probe.answers).reduce((sum, each) => sum + each, 0);
  const isSame = (said: string, came: string) =>
    came === said ||
    said === anyPod ||
    (said === 'direct/' && came === podAt(probe.authority)) ||
    (/->$|^direct\/|^closed$/.test(said) && came.startsWith(said));
  const unexpected = Object.keys(probe.answers).filter(
    (came) => ![...answers].some(([said, share]) => share > 0 && isSame(said, came)),
  );
  const missing = [...answers].filter(
    ([said, share]) => share * count >= 12 && !Object.keys(probe.answers).some((came) => isSame(said, came)),
  );
  return [
    ...(unexpected.length === 0 ? [] : [`answers ${unexpected}, not ${[...answers.keys()]}`]),
    ...(missing.length === 0 ? [] : [`no answer ${missing.map(([said]) => said)}`]),
  ];
}
