import { z } from 'zod';
import type { Home } from '../../domain/routing/names.ts';
import type { Rule, Unsplittable } from '../../domain/routing/route.ts';
import { type Destination, destination, mirrorBackend, namesOf, type Versions, versionsOf } from './destinations.ts';
import type { Defined } from './kind.ts';
import { cookiesSet, headers } from './virtual-service-headers.ts';
import {
  connectionMatch,
  cookiesMatched,
  describeConnections,
  describeMatches,
  match,
} from './virtual-service-match.ts';
import { splitOf } from './weights.ts';

const mirrored = z.object({ host: z.string(), subset: z.string().optional() });

const delegate = z.object({ name: z.string(), namespace: z.string().optional() });

export const httpRule = z.object({
  name: z.string().optional(),
  match: z.array(match).optional(),
  route: z.array(destination).optional(),
  redirect: z.unknown().optional(),
  directResponse: z.unknown().optional(),
  delegate: z.unknown().optional(),
  fault: z.unknown().optional(),
  mirror: mirrored.optional().catch(undefined),
  mirrors: z
    .array(z.object({ destination: mirrored }))
    .optional()
    .catch(undefined),
  headers: headers.optional().catch(undefined),
});
export type HttpRule = z.infer<typeof httpRule>;

/** A rule of `tcp` or `tls`. It splits connections, and has no name. */
export const connectionRule = z.object({
  match: z.array(connectionMatch).optional(),
  route: z.array(destination).optional(),
});
export type ConnectionRule = z.infer<typeof connectionRule>;

export interface RuleContext {
  readonly key: string;
  readonly home: Home;
  readonly isDefault: boolean;
  readonly defined: Defined;
}

export function toHttpRule(rule: HttpRule, { key, home, isDefault, defined }: RuleContext): Rule {
  const route = rule.route ?? [];
  const { unsplittable, ...versions } = divided(route, home, defined);
  return {
    key,
    name: rule.name,
    match: isDefault ? undefined : describeMatches(rule.match ?? []),
    ...versions,
    unsplittable: whyUnsplittable(rule) ?? unsplittable,
    ...handsTo(rule, home.namespace),
    besides: besides(rule),
    mirrors: mirrorsOf(rule).map((to) => mirrorBackend(to, home, defined)),
    setsCookies: cookiesSet([rule, ...route]),
    matchesCookies: cookiesMatched(rule.match ?? []),
  };
}

export function toConnectionRule(rule: ConnectionRule, { key, home, defined }: RuleContext): Rule {
  const route = rule.route ?? [];
  return {
    key,
    match: describeConnections(rule.match ?? []),
    ...divided(route, home, defined),
    sticky: 'connection',
  };
}

/** How the rule's destinations are weighed. An omitted weight is 0 (istio `BuildHTTPRoutesForVirtualService`). */
export function weighed(
  route: readonly Destination[],
  home: Home,
  { names }: Pick<Versions, 'names'> = namesOf(route, home),
) {
  return { versions: names, weights: route.map(({ weight = 0 }) => weight), ignoresSole: true };
}

export function mirrorsOf({ mirror, mirrors = [] }: HttpRule): readonly z.infer<typeof mirrored>[] {
  return [...(mirror === undefined ? [] : [mirror]), ...mirrors.map(({ destination }) => destination)];
}

function divided(route: readonly Destination[], home: Home, defined: Defined) {
  const { names, ...versions } = versionsOf(route, home, defined);
  const weights = weighed(route, home, { names });
  return { split: splitOf(weights), ...versions, unsplittable: whyNotDivided(weights) };
}

function besides({ fault, mirror, mirrors }: HttpRule): Rule['besides'] {
  const isMirrored = mirror !== undefined || mirrors !== undefined;
  return [...(fault === undefined ? [] : (['fault'] as const)), ...(isMirrored ? (['mirror'] as const) : [])];
}

/** A delegate without a namespace is in that of its root. */
function handsTo({ delegate: to }: HttpRule, own: string): Pick<Rule, 'handsTo'> {
  const read = to === undefined ? undefined : delegate.safeParse(to);
  if (read?.success !== true) return {};
  const { name, namespace = own } = read.data;
  return { handsTo: { namespace, name } };
}

function whyUnsplittable(rule: HttpRule): Unsplittable | undefined {
  if (rule.redirect !== undefined) return 'redirect';
  if (rule.directResponse !== undefined) return 'direct-response';
  return rule.delegate === undefined ? undefined : 'delegate';
}

function whyNotDivided({ versions, weights }: ReturnType<typeof weighed>): Unsplittable | undefined {
  if (versions.length === 0) return 'no-destination';
  if (weights.some((weight) => weight < 0)) return 'invalid-weight';
  return new Set(versions).size < versions.length ? 'ambiguous-destinations' : undefined;
}
