import type { IncomingHttpHeaders } from 'node:http';
import type { Caller, Governed, GovernedRule, Share } from '../../domain/map/governed.ts';
import { type Request, ruleFor, takes } from '../../domain/map/match.ts';
import type { StringMatch } from '../../domain/map/objects.ts';
import { re2 } from '../../domain/text/re2.ts';
import { labelsOf, type Pod, type Workload } from './pods.ts';
import type { Routing } from './routing.ts';
import { locationOf, pathTo, type Treatment } from './treatment.ts';

/** A request as it reaches the proxy of its caller. */
export interface Asked {
  /** Fully qualified. */
  readonly host: string;
  readonly method: string;
  /** Includes the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly source: Workload;
}

/**
 * Envoy's response flag: why it answered without a pod. NC: no cluster (the subset is not defined). UH: no healthy upstream (no pod).
 * NR: no route. FI: an injected fault. UT: the upstream was too slow. UF: the upstream did not answer. DC: the caller disconnected.
 * `-`: none of these.
 */
export type ResponseFlag = 'NC' | 'UH' | 'NR' | 'FI' | 'UT' | 'UF' | 'DC' | '-';

/** An answer of the proxy itself, without a pod. */
export interface OwnAnswer {
  readonly kind: 'answer';
  readonly status: number;
  readonly flag: ResponseFlag;
  readonly body: string;
  readonly location?: string;
}

export interface Forward {
  readonly kind: 'forward';
  readonly pod: Pod;
  /** The service that the rule sends it to, fully qualified. */
  readonly host: string;
  readonly path: string;
  readonly timeoutMs: number | undefined;
}

export type Decision = (OwnAnswer | Forward) & { readonly delayMs: number };

/** Returns a new number at each call, from 0 up to but not including 1. */
export type Random = () => number;

type Verdict = OwnAnswer | ({ readonly kind: 'pod' } & Pick<Forward, 'pod' | 'host'>);

const noHealthyUpstream = answer(503, 'UH', 'no healthy upstream');
const noRoute = answer(404, 'NR');

/**
 * Decides where a request goes, as the caller's Envoy does with the configuration that istiod makes of the objects: the traffic map says
 * which rule takes it. Of what else a rule may do, mirrors, retries and headers are left out.
 */
export function routeRequest(routing: Routing, asked: Asked, random: Random): Decision {
  const { host, source, headers } = asked;
  const request = requestOf(asked);
  const governed = routing.governing({ host, authority: headers.host, source });
  const rule = ruleFor(governed.rules, request, fitsRe2);
  if (rule === undefined) return finish(unruled(routing, governed, request, random), {}, asked.path);

  const treatment = routing.treatmentOf(rule);
  const matched = rule.matches.find((match) => takes(match, request, fitsRe2))?.uri;
  const verdict = abortOf(rule, random) ?? ownOf(rule, treatment, { request, matched });
  const { delay } = treatment;
  const delayMs = delay !== undefined && isHit(delay.percent, random) ? delay.ms : 0;
  const decided = verdict ?? shareOf(routing, governed, rule, random);
  const path = treatment.rewrite === undefined ? asked.path : pathTo(treatment.rewrite, asked.path, matched);
  return { ...finish(decided, treatment, path), delayMs };
}

function requestOf({ host, method, path, headers, source }: Asked): Request {
  const all = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, text(value)]]));
  const authority = headers.host ?? host;
  return { method, path, authority, scheme: 'http', headers: Object.fromEntries(all), labels: labelsOf(source) };
}

function text(value: string | readonly string[]): string {
  return typeof value === 'string' ? value : value.join(',');
}

/** Envoy matches a regex against the whole value. A regex that RE2 refuses matches nothing. */
function fitsRe2(pattern: string, value: string): boolean {
  return re2(pattern)?.matches(value) ?? false;
}

/** What becomes of a request that no rule takes. Of a name that nothing knows, there is no address to pass it on to. */
function unruled(
  routing: Routing,
  { otherwise, host, caller, port = 0 }: Governed,
  request: Request,
  random: Random,
): Verdict {
  switch (otherwise) {
    case 'service':
      return podOf(routing, routing.map.serviceShare(host, caller, port), { caller, random }) ?? noClusterFor();
    case 'no-route':
      return noRoute;
    case 'https':
      return { ...answer(301, '-'), location: locationOf({ scheme: 'https' }, request, undefined) };
    case 'blocked':
      return answer(502, '-');
    case 'direct':
    case 'no-listener':
      return noClusterFor();
  }
}

/** For a destination that is not there, the Gateway API wants another status. */
function noClusterFor(rule?: GovernedRule): OwnAnswer {
  return answer(rule === undefined || rule.object.kind === 'VirtualService' ? 503 : 500, 'NC');
}

function abortOf({ abort }: GovernedRule, random: Random): Verdict | undefined {
  return abort !== undefined && isHit(abort.percent, random)
    ? answer(abort.status, 'FI', 'fault filter abort')
    : undefined;
}

function isHit(percent: number, random: Random): boolean {
  return random() * 100 < percent;
}

/** A redirect, or an answer that the rule has of its own. */
function ownOf(
  { action, status = 200 }: GovernedRule,
  { redirect = {}, body }: Treatment,
  { request, matched }: { readonly request: Request; readonly matched: StringMatch | undefined },
): Verdict | undefined {
  if (action === 'redirect') return { ...answer(status, '-'), location: locationOf(redirect, request, matched) };
  return action === 'answer' ? answer(status, '-', body) : undefined;
}

function shareOf(routing: Routing, { caller }: Governed, rule: GovernedRule, random: Random): Verdict {
  const share = chooseByWeight(rule.shares, random);
  return (share && podOf(routing, share, { caller, random })) ?? noClusterFor(rule);
}

/**
 * Weights are shares of their sum. A single one gets everything, whatever its weight. If all weights are 0, there is none; istiod's
 * webhook refuses such a rule.
 */
export function chooseByWeight<T extends { readonly weight: number }>(
  all: readonly T[],
  random: Random,
): T | undefined {
  if (all.length === 1) return all[0];
  const weighted = all.filter(({ weight }) => weight > 0);
  const point = random() * weighted.reduce((sum, { weight }) => sum + weight, 0);
  let upTo = 0;
  for (const each of weighted) {
    upTo += each.weight;
    if (point < upTo) return each;
  }
  return weighted.at(-1);
}

/** Undefined if there is no such cluster. */
function podOf(
  { map, podAt }: Pick<Routing, 'map' | 'podAt'>,
  share: Share,
  { caller, random }: { readonly caller: Caller; readonly random: Random },
): Verdict | undefined {
  const cluster = map.clusterOf(share, caller);
  if (cluster.kind === 'no-cluster') return undefined;
  const pods = cluster.kind === 'pods' ? cluster.backends.flatMap(({ address }) => podAt(address) ?? []) : [];
  const pod = pods[Math.floor(random() * pods.length)];
  return pod === undefined ? noHealthyUpstream : { kind: 'pod', pod, host: share.host };
}

function finish(verdict: Verdict, { timeoutMs }: Pick<Treatment, 'timeoutMs'>, path: string): Decision {
  if (verdict.kind === 'answer') return { ...verdict, delayMs: 0 };
  const { pod, host } = verdict;
  return { kind: 'forward', pod, host, path, timeoutMs, delayMs: 0 };
}

function answer(status: number, flag: ResponseFlag, body = ''): OwnAnswer {
  return { kind: 'answer', status, flag, body };
}
