import type { LiveObject } from './history.ts';

export type Weights = Readonly<Record<string, number>>;

/** A rule of a live object, read without the bot's code. */
interface RuleSeen {
  /** `default` takes all the rest. */
  readonly key: string;
  /** Undefined where it sends requests nowhere itself, as one that hands over to a delegate. */
  readonly weights: Weights | undefined;
  /** The rule as it is written. */
  readonly written: unknown;
}

/** The weights of a rule. */
export function weightsOf(live: LiveObject, rule: string): Weights | undefined {
  return rulesSeen(live).findLast(({ key }) => key === rule)?.weights;
}

/** A VirtualService tries its rules in order, so that the last one that matches all takes the rest; in a HTTPRoute that is the first one. */
export function rulesSeen({ spec: { http = [], rules = [] } }: LiveObject): readonly RuleSeen[] {
  const last = http.findLastIndex(({ match }) => match === undefined);
  const first = rules.findIndex(({ matches = [] }) => matches.length === 0 || matches.some(isAny));
  return [
    ...http.map((written, at) => ({
      key: at === last ? 'default' : (written.name ?? ''),
      weights: weightsIn(
        written.route?.map(({ destination: { subset, host }, weight }) => ({ to: subset ?? host, weight })),
      ),
      written,
    })),
    ...rules.map((written, at) => ({
      key: at === first ? 'default' : (written.name ?? ''),
      weights: weightsIn(written.backendRefs?.map(({ name, weight = 1 }) => ({ to: name, weight }))),
      written,
    })),
  ];
}

/** The object without what a change may write: weights, new destinations and the ledger; and without fields of the server. */
export function untouchable({ metadata, spec, ...others }: LiveObject, known: LiveObject): unknown {
  const { resourceVersion: _, generation: __, managedFields: ___, annotations = {}, ...kept } = metadata;
  const { 'shiftbot.dev/history': ____, ...ofOthers } = annotations;
  const http = spec.http?.map(({ route, ...rest }, at) => ({
    ...rest,
    route: unweighted(route, known.spec.http?.[at]?.route),
  }));
  const rules = spec.rules?.map(({ backendRefs, ...rest }, at) => ({
    ...rest,
    backendRefs: unweighted(backendRefs, known.spec.rules?.[at]?.backendRefs),
  }));
  return { ...others, metadata: { ...kept, annotations: ofOthers }, spec: { ...spec, http, rules } };
}

/** As the API server writes it where nothing is asked of a request. */
function isAny({ path, ...more }: NonNullable<NonNullable<LiveObject['spec']['rules']>[number]['matches']>[number]) {
  const isAnyPath = path === undefined || (path.type === 'PathPrefix' && path.value === '/');
  return isAnyPath && Object.keys(more).length === 0;
}

function weightsIn(
  route: readonly { readonly to: string; readonly weight?: number | undefined }[] | undefined,
): Weights | undefined {
  const [only] = route ?? [];
  if (route?.length === 1 && only !== undefined) return { [only.to]: 100 };
  return route && Object.fromEntries(route.map(({ to, weight = 0 }) => [to, weight]));
}

function unweighted(
  all: readonly { readonly weight?: number | undefined }[] | undefined,
  known: readonly unknown[] | undefined,
): readonly unknown[] | undefined {
  return all?.slice(0, known?.length ?? 0).map(({ weight: _, ...rest }) => rest);
}
