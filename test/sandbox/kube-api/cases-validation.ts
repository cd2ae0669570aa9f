import type { AnswerCase } from './answer-case.ts';
import { destinationRule, gateway, gatewayApiRoute, httpRoute, reviews, virtualService } from './objects.ts';
import { MERGE_PATCH, type World } from './world.ts';

const NOT_CHECKED =
  '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

/** Creates an object as a dry run. */
function creating(object: object, plural = 'virtualservices') {
  return (world: World) => {
    const { metadata = {}, ...rest } = object as { metadata?: object };
    const body = { ...rest, metadata: { name: 'x', ...metadata } };
    return world.ask('POST', `${world.path(plural)}?dryRun=All`, { body });
  };
}

function refusal(kind: string, ...errors: readonly string[]) {
  const said = errors.length === 1 ? errors.join('') : `[${errors.join(', ')}]`;
  return { status: 422, reason: 'Invalid', message: `${kind} "x" is invalid: ${said}` };
}

const VS = 'VirtualService.networking.istio.io';
const DR = 'DestinationRule.networking.istio.io';
const GATEWAY = 'Gateway.networking.istio.io';
const ROUTE = 'HTTPRoute.gateway.networking.k8s.io';
const WEIGHT = 'spec.http[0].route[0].weight';

/** Values of a wrong type, and the server's names for the expected and the actual type. */
const typeMistakes: readonly AnswerCase[] = (
  [
    ['a string', 5, 'name', 'string', 'integer'],
    ['a string', 1.5, 'name', 'string', 'number'],
    ['a string', true, 'name', 'string', 'boolean'],
    ['a string', [], 'name', 'string', 'array'],
    ['an object', 's', 'delegate', 'object', 'string'],
    ['an object', [], 'delegate', 'object', 'array'],
    ['a list', {}, 'match', 'array', 'object'],
    ['a list', 's', 'match', 'array', 'string'],
    ['a map', 5, 'headers', 'object', 'integer'],
    ['a whole number', 's', 'mirrorPercent', 'integer', 'string'],
    ['a whole number', true, 'mirrorPercent', 'integer', 'boolean'],
  ] as const
).map(([what, value, field, expected, actual]) => ({
  name: `refuses ${JSON.stringify(value)} for ${what}`,
  ask: creating(virtualService({ http: [{ [field]: value }] })),
  ...refusal(
    VS,
    `spec.http[0].${field}: Invalid value: "${actual}": spec.http[0].${field} in body must be of type ${expected}: "${actual}"`,
    NOT_CHECKED,
  ),
}));

export const weightCases: readonly AnswerCase[] = [
  {
    name: 'refuses a weight that is a string',
    ask: creating(reviews('50')),
    ...refusal(
      VS,
      `${WEIGHT}: Invalid value: "string": ${WEIGHT} in body must be of type integer: "string"`,
      NOT_CHECKED,
    ),
    details: {
      causes: [
        { reason: 'FieldValueTypeInvalid', field: WEIGHT },
        { reason: 'FieldValueInvalid', field: '<nil>' },
      ],
    },
  },
  ...[50.5, 1e100].map((weight) => ({
    name: `refuses the weight ${weight}`,
    ask: creating(reviews(weight)),
    ...refusal(
      VS,
      `${WEIGHT}: Invalid value: "float64": ${WEIGHT} in body must be of type int32: "float64"`,
      `<nil>: Invalid value: "": Checked value must be of type integer with format int32 in ${WEIGHT}`,
      NOT_CHECKED,
    ),
  })),
  {
    name: 'refuses a weight that is true',
    ask: creating(reviews(true)),
    ...refusal(VS, `${WEIGHT}: Invalid value: "": ${WEIGHT} in body must be of type int32: ""`, NOT_CHECKED),
  },
  {
    name: 'refuses a weight beyond 32 bits',
    ask: creating(reviews(2_147_483_648)),
    ...refusal(VS, `<nil>: Invalid value: "": Checked value must be of type integer with format int32 in ${WEIGHT}`),
  },
  { name: 'drops a weight that is null', ask: creating(reviews(null)), status: 201 },
  {
    name: 'reads 50.0 as 50',
    ask: (world) =>
      world.ask('POST', `${world.virtualServices}?dryRun=All`, {
        body: JSON.stringify({ ...reviews(50), metadata: { name: 'x' } }).replace('"weight":50', '"weight":50.0'),
      }),
    status: 201,
    body: { spec: { http: [{ route: [{ weight: 50 }] }] } },
  },
  ...[[-1], [101], [1000], [60, 30], [100, 100], [50, 51], [0, 0]].map((weights) => ({
    name: `accepts the weights ${weights}`,
    ask: creating(reviews(...weights)),
    status: 201,
  })),
];

export const virtualServiceCases: readonly AnswerCase[] = [
  {
    name: 'accepts a VirtualService without a spec',
    ask: creating({ ...virtualService({}), spec: undefined }),
    status: 201,
  },
  {
    name: 'accepts a port that cannot exist',
    ask: creating(virtualService({ http: [{ route: [{ destination: { host: 'a', port: { number: 99_999 } } }] }] })),
    status: 201,
  },
  {
    name: 'requires a destination',
    ask: creating(virtualService({ http: [{ route: [{}] }] })),
    ...refusal(VS, 'spec.http[0].route[0].destination: Required value', NOT_CHECKED),
    details: { causes: [{ reason: 'FieldValueRequired' }, {}] },
  },
  {
    name: 'requires a host',
    ask: creating(virtualService({ http: [{ route: [{ destination: {} }] }] })),
    ...refusal(VS, 'spec.http[0].route[0].destination.host: Required value', NOT_CHECKED),
  },
  {
    name: 'lists all errors',
    ask: creating(virtualService({ hosts: ['a'], http: [{ route: [{}, { destination: {} }] }] })),
    ...refusal(
      VS,
      'spec.http[0].route[0].destination: Required value',
      'spec.http[0].route[1].destination.host: Required value',
      NOT_CHECKED,
    ),
  },
  ...['ten seconds', '10', '1d', ''].map((timeout) => ({
    name: `cannot convert the timeout "${timeout}"`,
    ask: creating(virtualService({ hosts: ['a'], http: [{ timeout, route: [{ destination: { host: 'a' } }] }] })),
    ...refusal(
      VS,
      `spec.http[0].timeout: Invalid value: "string": type conversion error from 'string' to 'google.protobuf.Duration' evaluating rule: must be a valid duration greater than 1ms`,
    ),
  })),
  ...['0s', '0.5ms', '-1s'].map((timeout) => ({
    name: `refuses the timeout ${timeout}`,
    ask: creating(virtualService({ hosts: ['a'], http: [{ timeout, route: [{ destination: { host: 'a' } }] }] })),
    ...refusal(VS, `spec.http[0].timeout: Invalid value: "${timeout}": must be a valid duration greater than 1ms`),
  })),
  {
    name: 'refuses two kinds of match at once',
    ask: creating(virtualService({ http: [{ match: [{ uri: { exact: 'a', prefix: 'b' } }] }] })),
    ...refusal(
      VS,
      '<nil>: Invalid value: "": "spec.http[0].match[0].uri" must validate one and only one schema (oneOf). Found 2 valid alternatives',
    ),
  },
  {
    name: 'refuses null for an object with alternatives only for its type',
    ask: creating(virtualService({ http: [{ corsPolicy: { allowOrigins: [null] } }] })),
    ...refusal(
      VS,
      'spec.http[0].corsPolicy.allowOrigins[0]: Invalid value: "null": spec.http[0].corsPolicy.allowOrigins[0] in body must be of type object: "null"',
      NOT_CHECKED,
    ),
  },
  {
    name: 'refuses an unknown enum value',
    ask: creating(virtualService({ http: [{ redirect: { derivePort: 'x' } }] })),
    ...refusal(
      VS,
      'spec.http[0].redirect.derivePort: Unsupported value: "x": supported values: "FROM_PROTOCOL_DEFAULT", "FROM_REQUEST_PORT"',
      NOT_CHECKED,
    ),
  },
  {
    name: 'refuses a number out of range',
    ask: creating(virtualService({ http: [{ redirect: { port: 4_294_967_296 } }] })),
    ...refusal(
      VS,
      'spec.http[0].redirect.port: Invalid value: 4294967296: spec.http[0].redirect.port in body should be less than or equal to 4294967295',
    ),
  },
  {
    name: 'refuses null in a list',
    ask: creating(virtualService({ hosts: [null] })),
    ...refusal(
      VS,
      'spec.hosts[0]: Invalid value: "null": spec.hosts[0] in body must be of type string: "null"',
      NOT_CHECKED,
    ),
  },
  {
    name: 'checks the bytes of a direct response',
    ask: creating(virtualService({ http: [{ directResponse: { status: 200, body: { bytes: '***' } } }] })),
    ...refusal(
      VS,
      'spec.http[0].directResponse.body.bytes: Invalid value: "***": spec.http[0].directResponse.body.bytes in body must be of type byte: "***"',
      NOT_CHECKED,
    ),
  },
  {
    name: 'accepts a list for the bytes of a direct response',
    ask: creating(virtualService({ http: [{ directResponse: { status: 200, body: { bytes: ['*'] } } }] })),
    status: 201,
  },
  ...typeMistakes,
];

export const otherKindCases: readonly AnswerCase[] = [
  {
    name: 'requires the host of a DestinationRule',
    ask: creating(destinationRule({}), 'destinationrules'),
    ...refusal(DR, 'spec.host: Required value', NOT_CHECKED),
  },
  {
    name: 'requires the name of a subset',
    ask: creating(destinationRule({ host: 'a', subsets: [{}] }), 'destinationrules'),
    ...refusal(DR, 'spec.subsets[0].name: Required value', NOT_CHECKED),
  },
  {
    name: 'refuses two kinds of hash at once',
    ask: creating(
      destinationRule({
        host: 'a',
        trafficPolicy: { loadBalancer: { consistentHash: { httpHeaderName: 'a', useSourceIp: true } } },
      }),
      'destinationrules',
    ),
    ...refusal(
      DR,
      '<nil>: Invalid value: "": "spec.trafficPolicy.loadBalancer.consistentHash" must validate one and only one schema (oneOf). Found 2 valid alternatives',
      '<nil>: Invalid value: "": "spec.trafficPolicy.loadBalancer.consistentHash" must validate all the schemas (allOf)',
    ),
  },
  {
    name: 'checks the validation rules of workload labels',
    ask: creating(
      destinationRule({ host: 'a', workloadSelector: { matchLabels: { '': 'a', 'b*': 'c*' } } }),
      'destinationrules',
    ),
    ...refusal(
      DR,
      'spec.workloadSelector.matchLabels: Invalid value: wildcard not allowed in label key match',
      'spec.workloadSelector.matchLabels: Invalid value: key must not be empty',
      'spec.workloadSelector.matchLabels[b*]: Invalid value: "c*": wildcard not allowed in label value match',
    ),
  },
  {
    name: 'refuses more than two credentials of a gateway',
    ask: creating(
      gateway({
        servers: [
          { port: { number: 1, protocol: 'HTTP', name: 'a' }, hosts: ['a'], tls: { credentialNames: ['a', 'b', 'c'] } },
        ],
      }),
      'gateways',
    ),
    ...refusal(GATEWAY, 'spec.servers[0].tls.credentialNames: Too many: 3: must have at most 2 items', NOT_CHECKED),
  },
  {
    name: 'refuses credentialName and credentialNames at once',
    ask: creating(
      gateway({
        servers: [
          {
            port: { number: 1, protocol: 'HTTP', name: 'a' },
            hosts: ['a'],
            tls: { credentialName: 'a', credentialNames: ['a', 'b'] },
          },
        ],
      }),
      'gateways',
    ),
    ...refusal(GATEWAY, 'spec.servers[0].tls: Invalid value: only one of credentialName or credentialNames can be set'),
  },
  {
    name: 'fills in the defaults of an HTTPRoute',
    ask: creating(httpRoute({ backendRefs: [{ name: 'a', port: 80 }] }), 'httproutes'),
    status: 201,
    body: {
      spec: {
        rules: [
          {
            backendRefs: [{ group: '', kind: 'Service', name: 'a', port: 80, weight: 1 }],
            matches: [{ path: { type: 'PathPrefix', value: '/' } }],
          },
        ],
      },
    },
  },
  ...(
    [
      [-1, 'should be greater than or equal to 0'],
      [1_000_001, 'should be less than or equal to 1000000'],
    ] as const
  ).map(([weight, why]) => ({
    name: `refuses the weight ${weight} of a backend`,
    ask: creating(httpRoute({ backendRefs: [{ name: 'a', port: 80, weight }] }), 'httproutes'),
    ...refusal(
      ROUTE,
      `spec.rules[0].backendRefs[0].weight: Invalid value: ${weight}: spec.rules[0].backendRefs[0].weight in body ${why}`,
    ),
  })),
  {
    name: 'requires the port of a Service',
    ask: creating(httpRoute({ backendRefs: [{ name: 'a' }] }), 'httproutes'),
    ...refusal(ROUTE, 'spec.rules[0].backendRefs[0]: Invalid value: Must have port for Service reference'),
  },
  {
    name: 'checks the paths of an HTTPRoute',
    ask: creating(httpRoute({ matches: [{ path: { type: 'Exact', value: 'a//b' } }] }), 'httproutes'),
    ...refusal(
      ROUTE,
      "spec.rules[0].matches[0].path: Invalid value: value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']",
      "spec.rules[0].matches[0].path: Invalid value: must not contain '//' when type one of ['Exact', 'PathPrefix']",
    ),
  },
  {
    name: 'refuses to redirect and route at once',
    ask: creating(
      httpRoute({
        filters: [{ type: 'RequestRedirect', requestRedirect: {} }],
        backendRefs: [{ name: 'a', port: 80 }],
      }),
      'httproutes',
    ),
    ...refusal(
      ROUTE,
      'spec.rules[0]: Invalid value: RequestRedirect filter must not be used together with backendRefs',
    ),
  },
  {
    name: 'requires the filter that its type names',
    ask: creating(httpRoute({ filters: [{ type: 'URLRewrite' }] }), 'httproutes'),
    ...refusal(
      ROUTE,
      'spec.rules[0].filters[0]: Invalid value: filter.urlRewrite must be specified for URLRewrite filter.type',
    ),
  },
  {
    name: 'refuses to name a header twice',
    ask: creating(
      httpRoute({
        matches: [
          {
            headers: [
              { name: 'a', value: 'b' },
              { name: 'a', value: 'c' },
            ],
          },
        ],
      }),
      'httproutes',
    ),
    ...refusal(ROUTE, 'spec.rules[0].matches[0].headers[1]: Duplicate value: {"name":"a"}'),
  },
  {
    name: 'requires objects in a list with keys',
    ask: creating(httpRoute({ matches: [{ queryParams: [1] }] }), 'httproutes'),
    ...refusal(
      ROUTE,
      'spec.rules[0].matches[0].queryParams[0]: Invalid value: "integer": spec.rules[0].matches[0].queryParams[0] in body must be of type object: "integer"',
      'spec.rules[0].matches[0].queryParams[0]: Invalid value: 1: must be an object for an array of list-type map',
      NOT_CHECKED,
    ),
  },
  {
    name: 'refuses null there only for its type',
    ask: creating(httpRoute({ matches: [{ queryParams: [null] }] }), 'httproutes'),
    ...refusal(
      ROUTE,
      'spec.rules[0].matches[0].queryParams[0]: Invalid value: "null": spec.rules[0].matches[0].queryParams[0] in body must be of type object: "null"',
      NOT_CHECKED,
    ),
  },
  {
    name: 'refuses a longer timeout for the backend than for the request',
    ask: creating(httpRoute({ timeouts: { request: '1s', backendRequest: '2s' } }), 'httproutes'),
    ...refusal(
      ROUTE,
      'spec.rules[0].timeouts: Invalid value: backendRequest timeout cannot be longer than request timeout',
    ),
  },
  {
    name: 'fills in the defaults of a GRPCRoute',
    ask: creating(gatewayApiRoute('GRPCRoute', { rules: [{ backendRefs: [{ name: 'a', port: 80 }] }] }), 'grpcroutes'),
    status: 201,
    body: { spec: { rules: [{ backendRefs: [{ group: '', kind: 'Service', name: 'a', port: 80, weight: 1 }] }] } },
  },
  {
    name: 'checks the service of a GRPCRoute',
    ask: creating(
      gatewayApiRoute('GRPCRoute', {
        rules: [{ matches: [{ method: { service: 'Shop.Orders' } }, { method: { service: '1a' } }] }],
      }),
      'grpcroutes',
    ),
    ...refusal(
      'GRPCRoute.gateway.networking.k8s.io',
      String.raw`spec.rules[0].matches[1].method: Invalid value: service must only contain valid characters (matching ^(?i)\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*$)`,
    ),
  },
  {
    name: 'counts the matches of all rules of a GRPCRoute',
    ask: creating(
      gatewayApiRoute('GRPCRoute', {
        rules: [64, 64, 1].map((count) => ({ matches: Array.from({ length: count }, () => ({})) })),
      }),
      'grpcroutes',
    ),
    ...refusal(
      'GRPCRoute.gateway.networking.k8s.io',
      'spec.rules: Invalid value: While 16 rules and 64 matches per rule are allowed, the total number of matches across all rules in a route must be less than 128',
    ),
  },
  {
    name: 'refuses two rules in a TCPRoute',
    ask: creating(
      gatewayApiRoute('TCPRoute', { rules: [1, 2].map((port) => ({ backendRefs: [{ name: 'a', port }] })) }),
      'tcproutes',
    ),
    ...refusal('TCPRoute.gateway.networking.k8s.io', 'spec.rules: Too many: 2: must have at most 1 item', NOT_CHECKED),
  },
  {
    name: 'refuses an IP address as the hostname of a TLSRoute',
    ask: creating(
      gatewayApiRoute('TLSRoute', { hostnames: ['10.0.0.1'], rules: [{ backendRefs: [{ name: 'a', port: 1 }] }] }),
      'tlsroutes',
    ),
    ...refusal('TLSRoute.gateway.networking.k8s.io', 'spec.hostnames: Invalid value: Hostnames cannot contain an IP'),
  },
];

export const metadataCases: readonly AnswerCase[] = [
  {
    name: 'refuses a name that is not a DNS name',
    ask: creating(virtualService({}, { name: 'Not_Valid' })),
    status: 422,
    message:
      "VirtualService.networking.istio.io \"Not_Valid\" is invalid: metadata.name: Invalid value: \"Not_Valid\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  },
  {
    name: 'refuses an invalid label',
    ask: creating(virtualService({}, { labels: { a: 'not valid!' } })),
    ...refusal(
      VS,
      "metadata.labels: Invalid value: \"not valid!\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    ),
  },
  {
    name: 'refuses an invalid key of an annotation',
    ask: creating(virtualService({}, { annotations: { 'a b': 'x' } })),
    status: 422,
    message: /metadata\.annotations: Invalid value: "a b": name part must consist of alphanumeric characters, /,
  },
  {
    name: 'refuses annotations over 256 KiB, and says so three times for an update',
    ask: async (world) => {
      const { path } = await world.make(reviews(100));
      const body = { metadata: { annotations: { a: 'x'.repeat(262_144) } } };
      return world.ask('PATCH', path, { type: MERGE_PATCH, body });
    },
    status: 422,
    message:
      /is invalid: \[metadata\.annotations: Too long: may not be more than 262144 bytes, <nil>: Invalid value: null: /,
    details: {
      causes: [
        ...[1, 2, 3].map(() => ({ reason: 'FieldValueTooLong', field: 'metadata.annotations' })),
        { field: '<nil>' },
      ],
    },
  },
  {
    name: 'requires a name',
    ask: creating({ ...reviews(100), metadata: { name: undefined } }),
    status: 422,
    message: `VirtualService.networking.istio.io "" is invalid: [metadata.name: Required value: name or generateName is required, ${NOT_CHECKED}]`,
  },
  {
    name: 'generates a name',
    ask: creating({ ...reviews(100), metadata: { name: undefined, generateName: 'made-up-' } }),
    status: 201,
    body: { metadata: { generateName: 'made-up-' } },
  },
];
