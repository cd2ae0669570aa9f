import { nanoseconds, type Rule, rule } from './schema.ts';

interface Path {
  readonly type: string;
  readonly value: string;
}

interface Filter {
  readonly requestRedirect?: { readonly path?: PathModifier };
  readonly urlRewrite?: { readonly path?: PathModifier };
}

interface PathModifier {
  readonly type: string;
  readonly replacePrefixMatch?: string;
}

interface RouteRule {
  readonly name?: string;
  readonly filters?: readonly Filter[];
  readonly backendRefs?: readonly { readonly filters?: readonly Filter[] }[];
  readonly matches: readonly { readonly path?: Path }[];
}

interface ParentRef {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly sectionName?: string;
  readonly port?: number;
}

const PLAIN = "when type one of ['Exact', 'PathPrefix']";
const VALID_PATH = /^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$/;

/** A rule for the two types of path that are not regular expressions. */
function plainPath(message: string, holds: (value: string) => boolean): Rule {
  return rule<Path>(message, (self) => self.type === 'RegularExpression' || holds(self.value));
}

export const pathRules: readonly Rule[] = [
  plainPath(`value must be an absolute path and start with '/' ${PLAIN}`, (value) => value.startsWith('/')),
  ...['//', '/./', '/../', '%2f', '%2F', '#'].map((part) =>
    plainPath(`must not contain '${part}' ${PLAIN}`, (value) => !value.includes(part)),
  ),
  ...['/..', '/.'].map((end) => plainPath(`must not end with '${end}' ${PLAIN}`, (value) => !value.endsWith(end))),
  rule<Path>("type must be one of ['Exact', 'PathPrefix', 'RegularExpression']", (self) =>
    ['Exact', 'PathPrefix', 'RegularExpression'].includes(self.type),
  ),
  plainPath(
    "must only contain valid characters (matching ^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$) for types ['Exact', 'PathPrefix']",
    (value) => VALID_PATH.test(value),
  ),
];

export const timeoutRules: readonly Rule[] = [
  rule<{ readonly request?: string; readonly backendRequest?: string }>(
    'backendRequest timeout cannot be longer than request timeout',
    ({ request, backendRequest }) => {
      if (request === undefined || backendRequest === undefined) return true;
      const whole = nanoseconds(request);
      return whole === 0 || nanoseconds(backendRequest) <= whole;
    },
  ),
];

interface SessionPersistence {
  readonly type: string;
  readonly absoluteTimeout?: string;
  readonly cookieConfig?: { readonly lifetimeType?: string };
}

export const sessionRules: readonly Rule[] = [
  rule<SessionPersistence>(
    'AbsoluteTimeout must be specified when cookie lifetimeType is Permanent',
    (self) => self.cookieConfig?.lifetimeType !== 'Permanent' || self.absoluteTimeout !== undefined,
  ),
  rule<SessionPersistence>(
    'cookieConfig can only be set with type Cookie',
    (self) => self.cookieConfig === undefined || self.type === 'Cookie',
  ),
];

function replacesPrefix(filters: readonly Filter[], kind: 'requestRedirect' | 'urlRewrite'): boolean {
  return filters.filter(({ [kind]: modifier }) => modifier?.path?.replacePrefixMatch !== undefined).length === 1;
}

function hasOnePrefixMatch({ matches }: RouteRule): boolean {
  return matches.length === 1 && matches[0]?.path?.type === 'PathPrefix';
}

const REPLACING = 'filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified';

function ofTheRule(message: string, kind: 'requestRedirect' | 'urlRewrite'): Rule {
  return rule<RouteRule>(message, (self) => !replacesPrefix(self.filters ?? [], kind) || hasOnePrefixMatch(self));
}

function ofABackend(message: string, kind: 'requestRedirect' | 'urlRewrite'): Rule {
  return rule<RouteRule>(message, (self) => {
    const replacing = (self.backendRefs ?? []).filter(({ filters = [] }) => replacesPrefix(filters, kind));
    return replacing.length !== 1 || hasOnePrefixMatch(self);
  });
}

export const routeRuleRules: readonly Rule[] = [
  rule<RouteRule>(
    'RequestRedirect filter must not be used together with backendRefs',
    ({ backendRefs = [], filters = [] }) =>
      backendRefs.length === 0 || filters.every((filter) => filter.requestRedirect === undefined),
  ),
  ofTheRule(`When using RequestRedirect ${REPLACING}`, 'requestRedirect'),
  ofTheRule(`When using URLRewrite ${REPLACING}`, 'urlRewrite'),
  ofABackend(`Within backendRefs, when using RequestRedirect ${REPLACING}`, 'requestRedirect'),
  ofABackend(`Within backendRefs, When using URLRewrite ${REPLACING}`, 'urlRewrite'),
];

export const rulesRules: readonly Rule[] = [
  rule<readonly RouteRule[]>(
    'While 16 rules and 64 matches per rule are allowed, the total number of matches across all rules in a route must be less than 128',
    (self) => self.reduce((sum, { matches }) => sum + matches.length, 0) <= 128,
  ),
  rule<readonly RouteRule[]>('Rule name must be unique within the route', (self) => {
    const names = self.flatMap(({ name }) => (name === undefined ? [] : [name]));
    return new Set(names).size === names.length;
  }),
];

function parent({ group, kind, name, namespace = '' }: ParentRef): string {
  return [group, kind, name, namespace].join('/');
}

function pairsOfOneParent(refs: readonly ParentRef[]): readonly (readonly [ParentRef, ParentRef])[] {
  return refs.flatMap((one, index) =>
    refs.slice(index + 1).flatMap((other) => (parent(one) === parent(other) ? [[one, other] as const] : [])),
  );
}

const SAME_PARENT = 'when parentRefs includes 2 or more references to the same parent';

export const parentRefsRules: readonly Rule[] = [
  rule<readonly ParentRef[]>(`sectionName or port must be specified ${SAME_PARENT}`, (self) =>
    pairsOfOneParent(self).every(
      ([one, other]) =>
        (one.sectionName === undefined) === (other.sectionName === undefined) &&
        (one.port === undefined) === (other.port === undefined),
    ),
  ),
  rule<readonly ParentRef[]>(`sectionName or port must be unique ${SAME_PARENT}`, (self) =>
    pairsOfOneParent(self).every(([one, other]) => one.sectionName !== other.sectionName || one.port !== other.port),
  ),
];
