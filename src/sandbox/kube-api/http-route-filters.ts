import {
  backendReference,
  group,
  headerName,
  headerValue,
  hostname,
  kind,
  objectName,
  port,
} from './gateway-api-words.ts';
import { cors, setOf } from './http-route-cors.ts';
import { pathModifier } from './http-route-path-modifier.ts';
import { integer, list, object, rule, string, text, word } from './schema.ts';

type Filter = { readonly type: string } & { readonly [field: string]: unknown };
type ExternalAuth = { readonly protocol: string; readonly grpc?: unknown; readonly http?: unknown };

/** The field of a filter that belongs to each of its types. */
const FILTERS: readonly (readonly [field: string, type: string])[] = [
  ['cors', 'CORS'],
  ['requestHeaderModifier', 'RequestHeaderModifier'],
  ['responseHeaderModifier', 'ResponseHeaderModifier'],
  ['requestMirror', 'RequestMirror'],
  ['requestRedirect', 'RequestRedirect'],
  ['urlRewrite', 'URLRewrite'],
  ['extensionRef', 'ExtensionRef'],
  ['externalAuth', 'ExternalAuth'],
];

const headers = list(object({ name: headerName, value: headerValue }, { required: ['name', 'value'] }), {
  maxItems: 16,
  listType: 'map',
  listMapKeys: ['name'],
});

const headerModifier = object({ add: headers, remove: list(text, { maxItems: 16, listType: 'set' }), set: headers });

const externalAuth = object(
  {
    backendRef: backendReference,
    forwardBody: object({ maxSize: integer() }),
    grpc: object({ allowedHeaders: setOf(text, 64) }),
    http: object({
      allowedHeaders: setOf(text, 64),
      allowedResponseHeaders: setOf(text, 64),
      path: string({ maxLength: 1024, pattern: /^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$/ }),
    }),
    protocol: word('HTTP', 'GRPC'),
  },
  {
    required: ['backendRef', 'protocol'],
    rules: (['grpc', 'http'] as const).flatMap((field) => [
      rule<ExternalAuth>(
        `${field} must be specified when protocol is set to '${field.toUpperCase()}'`,
        (self) => self.protocol !== field.toUpperCase() || self[field] !== undefined,
      ),
      rule<ExternalAuth>(
        `protocol must be '${field.toUpperCase()}' when ${field} is set`,
        (self) => self[field] === undefined || self.protocol === field.toUpperCase(),
      ),
    ]),
  },
);

const fraction = object(
  {
    denominator: integer({ format: 'int32', minimum: 1, default: 100 }),
    numerator: integer({ format: 'int32', minimum: 0 }),
  },
  {
    required: ['numerator'],
    rules: [
      rule<{ readonly numerator: number; readonly denominator: number }>(
        'numerator must be less than or equal to denominator',
        (self) => self.numerator <= self.denominator,
      ),
    ],
  },
);

const requestMirror = object(
  { backendRef: backendReference, fraction, percent: integer({ format: 'int32', minimum: 0, maximum: 100 }) },
  {
    required: ['backendRef'],
    rules: [
      rule<{ readonly percent?: number; readonly fraction?: unknown }>(
        'Only one of percent or fraction may be specified in HTTPRequestMirrorFilter',
        (self) => self.percent === undefined || self.fraction === undefined,
      ),
    ],
  },
);

const requestRedirect = object({
  hostname,
  path: pathModifier,
  port,
  scheme: word('http', 'https'),
  statusCode: integer({ enum: [301, 302, 303, 307, 308], default: 302 }),
});

const filter = object(
  {
    cors,
    extensionRef: object({ group, kind, name: objectName }, { required: ['group', 'kind', 'name'] }),
    externalAuth,
    requestHeaderModifier: headerModifier,
    requestMirror,
    requestRedirect,
    responseHeaderModifier: headerModifier,
    type: word(
      'RequestHeaderModifier',
      'ResponseHeaderModifier',
      'RequestMirror',
      'RequestRedirect',
      'URLRewrite',
      'ExtensionRef',
      'CORS',
      'ExternalAuth',
    ),
    urlRewrite: object({ hostname, path: pathModifier }),
  },
  {
    required: ['type'],
    rules: FILTERS.flatMap(([field, type]) => [
      rule<Filter>(
        `filter.${field} must be nil if the filter.type is not ${type}`,
        (self) => self[field] === undefined || self.type === type,
      ),
      rule<Filter>(
        `filter.${field} must be specified for ${type} filter.type`,
        (self) => self[field] !== undefined || self.type !== type,
      ),
    ]),
  },
);

const ONCE = ['CORS', 'RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestRedirect', 'URLRewrite'];

export const filters = list(filter, {
  maxItems: 16,
  rules: [
    rule<readonly Filter[]>(
      'May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both',
      (self) => count(self, 'RequestRedirect') === 0 || count(self, 'URLRewrite') === 0,
    ),
    ...ONCE.map((type) =>
      rule<readonly Filter[]>(`${type} filter cannot be repeated`, (self) => count(self, type) <= 1),
    ),
  ],
});

function count(self: readonly Filter[], type: string): number {
  return self.filter((one) => one.type === type).length;
}
