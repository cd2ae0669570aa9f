import { resolveHost } from '../../domain/routing/names.ts';
import { re2 } from '../../domain/text/re2.ts';
import { durationNanoseconds } from '../kube-api/duration.ts';
import { type Asked, takes } from './http-match.ts';
import { hasLabels, isIngress, type Pod, servicePort } from './pods.ts';
import {
  byAge,
  type Destination,
  type DestinationRule,
  type Fault,
  type HttpRule,
  type VirtualService,
} from './routing-objects.ts';

/** What a proxy knows when a request arrives: the routing objects and the pods. */
export interface Mesh {
  readonly virtualServices: readonly VirtualService[];
  readonly destinationRules: readonly DestinationRule[];
  readonly pods: readonly Pod[];
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
  readonly path: string;
  readonly timeoutMs: number | undefined;
}

export type Decision = (OwnAnswer | Forward) & { readonly delayMs: number };

/** Returns a new number at each call, from 0 up to but not including 1. */
export type Random = () => number;

type Verdict = OwnAnswer | { readonly kind: 'pod'; readonly pod: Pod };

const noCluster: OwnAnswer = { kind: 'answer', status: 503, flag: 'NC', body: '' };
const noHealthyUpstream: OwnAnswer = { kind: 'answer', status: 503, flag: 'UH', body: 'no healthy upstream' };
const noRoute: OwnAnswer = { kind: 'answer', status: 404, flag: 'NR', body: '' };

/**
 * Decides where a request goes, like the caller's Envoy does with the configuration that istiod makes of the objects. Parts of a rule that
 * are not implemented here (mirror, headers, retries, delegate) are ignored.
 */
export function routeRequest(mesh: Mesh, asked: Asked, random: Random): Decision {
  const service = virtualServiceFor(mesh, asked);
  if (service === undefined || service.http.length === 0) {
    const verdict = clusterOf(mesh, { host: asked.host }, random);
    return finish(verdict, { path: asked.path, timeoutMs: undefined, delayMs: 0 });
  }
  const rule = service.http.find((each) => takes(each, asked));
  if (rule === undefined) return { ...noRoute, delayMs: 0 };

  const delayMs = delayOf(rule.fault, random);
  const verdict = abortOf(rule.fault, random) ?? actionOf(rule, asked) ?? clusterOfRule(mesh, service, rule, random);
  return finish(verdict, { path: rewritten(rule, asked), timeoutMs: durationMs(rule.timeout), delayMs });
}

/** The VirtualService that a proxy uses. At the ingress, VirtualServices of every gateway count; elsewhere, only those of `mesh`. */
function virtualServiceFor({ virtualServices }: Mesh, { host, source }: Asked): VirtualService | undefined {
  const [first] = virtualServices
    .filter(({ gateways }) => isIngress(source) || gateways.includes('mesh'))
    .map((each) => ({ each, fit: Math.max(-1, ...each.hosts.map((pattern) => fitOf(pattern, host))) }))
    .filter(({ fit }) => fit >= 0)
    .toSorted((one, other) => other.fit - one.fit || byAge(one.each, other.each));
  return first?.each;
}

/** How well a host of a VirtualService fits: an exact name is best, then the longest wildcard; -1 is no match. */
function fitOf(pattern: string, host: string): number {
  if (pattern === host) return Number.POSITIVE_INFINITY;
  return pattern.startsWith('*') && host.endsWith(pattern.slice(1)) ? pattern.length : -1;
}

function actionOf({ directResponse, redirect }: HttpRule, { host, path }: Asked): Verdict | undefined {
  if (directResponse !== undefined) {
    const { status, body } = directResponse;
    return { kind: 'answer', status, flag: '-', body: body?.string ?? '' };
  }
  if (redirect === undefined) return undefined;
  const location = `http://${redirect.authority ?? host}${redirect.uri ?? path}`;
  return { kind: 'answer', status: redirect.redirectCode, flag: '-', body: '', location };
}

function clusterOfRule(mesh: Mesh, { namespace }: VirtualService, { route }: HttpRule, random: Random): Verdict {
  const chosen = chooseByWeight(route, random)?.destination;
  if (chosen === undefined) return noCluster;
  return clusterOf(mesh, { ...chosen, host: resolveHost(chosen.host, namespace) }, random);
}

/**
 * Weights are shares of their sum. A single destination gets everything, whatever its weight. If all weights are 0, there is no
 * destination; istiod's webhook refuses such a rule.
 */
export function chooseByWeight(route: readonly Destination[], random: Random): Destination | undefined {
  if (route.length === 1) return route[0];
  const weighted = route.filter(({ weight }) => weight > 0);
  const point = random() * weighted.reduce((sum, { weight }) => sum + weight, 0);
  let upTo = 0;
  for (const each of weighted) {
    upTo += each.weight;
    if (point < upTo) return each;
  }
  return weighted.at(-1);
}

/** Picks a pod of a destination with a resolved host: any pod of the host, or any with the labels of the subset. */
function clusterOf(mesh: Mesh, { host, subset, port }: Destination['destination'], random: Random): Verdict {
  const ofHost = mesh.pods.filter((pod) => hostOf(pod) === host);
  const isOtherPort = port?.number !== undefined && port.number !== servicePort;
  if (ofHost.length === 0 || isOtherPort) return noCluster;
  if (subset === undefined) return anyOf(ofHost, random);

  const labels = subsetLabels(mesh, host, subset);
  if (labels === undefined) return noCluster;
  const selected = ofHost.filter((pod) => hasLabels(pod, labels));
  return anyOf(selected, random);
}

function subsetLabels({ destinationRules }: Mesh, host: string, subset: string) {
  return destinationRules
    .filter((rule) => rule.host === host)
    .toSorted(byAge)
    .flatMap(({ subsets }) => subsets)
    .find(({ name }) => name === subset)?.labels;
}

function anyOf(pods: readonly Pod[], random: Random): Verdict {
  const pod = pods[Math.floor(random() * pods.length)];
  return pod === undefined ? noHealthyUpstream : { kind: 'pod', pod };
}

function hostOf({ app, namespace }: Pick<Pod, 'app' | 'namespace'>): string {
  return resolveHost(app, namespace);
}

function abortOf(fault: Fault | undefined, random: Random): Verdict | undefined {
  const { httpStatus: status, ...hit } = fault?.abort ?? {};
  if (status === undefined || !isHit(hit, random)) return undefined;
  return { kind: 'answer', status, flag: 'FI', body: 'fault filter abort' };
}

function delayOf(fault: Fault | undefined, random: Random): number {
  const delay = fault?.delay;
  return delay === undefined || !isHit(delay, random) ? 0 : (durationMs(delay.fixedDelay) ?? 0);
}

function isHit({ percentage, percent = 0 }: NonNullable<Fault['delay']>, random: Random): boolean {
  return random() * 100 < (percentage?.value ?? percent);
}

/** Like Envoy: replaces the matched prefix (`/` if the rule matches no path). After an exact or regex match, replaces the whole path. */
function rewritten({ match, rewrite = {} }: HttpRule, asked: Asked): string {
  const { uri: to, uriRegexRewrite: pattern } = rewrite;
  const [path = '', ...query] = asked.path.split(/(?=\?)/);
  if (pattern !== undefined) return [re2(pattern.match)?.replaced(path, pattern.rewrite) ?? path, ...query].join('');
  if (to === undefined) return asked.path;
  const { uri = { prefix: '/' } } = match.find((each) => takes({ match: [each] }, asked)) ?? {};
  const rest = uri.prefix === undefined ? '' : path.slice(uri.prefix.length);
  return [to, rest, ...query].join('');
}

function finish(
  verdict: Verdict,
  { path, timeoutMs, delayMs }: { path: string; timeoutMs: number | undefined; delayMs: number },
): Decision {
  if (verdict.kind === 'answer') return { ...verdict, delayMs };
  return { kind: 'forward', pod: verdict.pod, path, timeoutMs, delayMs };
}

/** Undefined without a duration, and for 0, which is Istio's default and means no timeout. */
function durationMs(text: string | undefined): number | undefined {
  const ms = (durationNanoseconds(text ?? '') ?? 0) / 1e6;
  return ms > 0 ? ms : undefined;
}
