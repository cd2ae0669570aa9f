import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { JsonObject } from '../../../src/domain/text/json.ts';
import { faultsOf, fileOf } from '../rule-text.ts';

/** A rule of 2017 as Kubernetes had it; `more` stands beneath `spec`. */
function routeRule(name: string, more: string, head = ''): string {
  const spec = more.trim().replaceAll(/^ {4}/gm, '');
  return `apiVersion: config.istio.io/v1alpha2\nkind: RouteRule\nmetadata:\n  name: ${name}\n${head}spec:\n${spec.replaceAll(/^/gm, '  ')}\n`;
}

const reviewsToV1 = routeRule(
  'reviews-default',
  `destination: { name: reviews }
    precedence: 1
    route:
    - labels: { version: v1 }`,
);
const jasonToV2 = routeRule(
  'reviews-test-v2',
  `destination: { name: reviews }
    precedence: 2
    match:
      request:
        headers:
          cookie:
            regex: "^(.*?;)?(user=jason)(;.*)?$"
    route:
    - labels: { version: v2 }`,
);

const cookieOfJason = [{ headers: { cookie: { regex: '^(.*?;)?(user=jason)(;.*)?$' } } }];
const to = (subset: string, host = 'reviews') => ({ destination: { host, subset } });
const must = (subsets: string, host = 'reviews') =>
  `A DestinationRule for \`${host}\` must have the subset${subsets.includes(' and ') ? 's' : ''} ${subsets}: requests to one that is missing are answered with 503.`;

/** The one entry that a rule becomes which is in the way of no other. */
function entryOf(more: string): JsonObject {
  const { manifests } = fileOf(routeRule('some', `destination: { name: reviews }\n    ${more.trim()}`));
  const [only] = z
    .tuple([z.object({ spec: z.object({ http: z.array(z.record(z.string(), z.json())).min(1) }) })])
    .parse(manifests);
  return only.spec.http[0] ?? {};
}

describe('rules of 2017', () => {
  it('become one VirtualService for each destination, by precedence', () => {
    const ratings = routeRule(
      'ratings-default',
      'destination: { name: ratings }\n    route: [{ labels: { version: v1 } }]',
    );

    const file = fileOf([reviewsToV1, ratings, jasonToV2].join('---\n'));

    expect(file.manifests).toEqual([
      {
        kind: 'VirtualService',
        name: 'reviews',
        spec: { hosts: ['reviews'], http: [{ match: cookieOfJason, route: [to('v2')] }, { route: [to('v1')] }] },
      },
      {
        kind: 'VirtualService',
        name: 'ratings',
        spec: { hosts: ['ratings'], http: [{ route: [to('v1', 'ratings')] }] },
      },
    ]);
    expect(file.conversions).toEqual([
      'The route rules `reviews-test-v2` (line 19) and `reviews-default` (line 1) became the rules of VirtualService `reviews`, in this order.',
      must('`v1` (version: v1) and `v2` (version: v2)'),
      'The route rule `ratings-default` (line 11) became VirtualService `ratings`.',
      must('`v1` (version: v1)', 'ratings'),
    ]);
    expect(file.unconverted).toEqual([]);
  });

  it('keep their weights', () => {
    expect(
      entryOf('route: [{ labels: { version: v1 }, weight: 50 }, { labels: { version: v3 }, weight: 50 }]'),
    ).toEqual({
      route: [
        { ...to('v1'), weight: 50 },
        { ...to('v3'), weight: 50 },
      ],
    });
  });

  it('leave what they did not take to all versions, as it was, and say so', () => {
    const file = fileOf(jasonToV2);

    expect(file.manifests).toMatchObject([
      {
        spec: {
          http: [{ match: cookieOfJason, route: [to('v2')] }, { route: [{ destination: { host: 'reviews' } }] }],
        },
      },
    ]);
    expect(file.conversions).toEqual([
      'The route rule `reviews-test-v2` (line 1) became VirtualService `reviews`.',
      'No rule of the file takes the other requests to `reviews`, so that a last rule gives them to all its versions: the rule that is to take them must stand in this file.',
      must('`v2` (version: v2)'),
    ]);
  });

  it('of one precedence stay in the order of the file, and what is never reached is told', () => {
    const again = reviewsToV1.replace('reviews-default', 'reviews-again').replace('version: v1', 'version: v3');

    const file = fileOf(`${reviewsToV1}---\n${again}`);

    expect(file.manifests).toMatchObject([{ spec: { http: [{ route: [to('v1')] }, { route: [to('v3')] }] } }]);
    expect(file.conversions.slice(1, 3)).toEqual([
      '`reviews-default` and `reviews-again` have the same precedence (1), so that any could come first: they stay in the order of the file.',
      '`reviews-again` is never reached: `reviews-default` comes before it and takes all requests.',
    ]);
  });

  it('need no subsets but those that no DestinationRule of the file has', () => {
    const rule = `---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: reviews }
spec:
  host: reviews
  subsets: [{ name: v2, labels: { version: v2 } }]
`;

    const file = fileOf([reviewsToV1, jasonToV2].join('---\n') + rule);

    expect(file.manifests.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'VirtualService reviews',
      'DestinationRule reviews',
    ]);
    expect(file.conversions.at(-1)).toBe(must('`v1` (version: v1)'));
  });

  it('name subsets after the version, and after other labels where there are some', () => {
    const file = fileOf(
      routeRule(
        'some',
        `destination: { name: reviews }
    route:
    - { labels: { version: "1.0" }, weight: 40 }
    - { labels: { version: v2, env: Prod }, weight: 40 }
    - { labels: { env: test }, weight: 10 }`,
      ),
    );

    expect(file.manifests).toMatchObject([
      {
        spec: {
          http: [
            {
              route: [
                { ...to('1-0'), weight: 40 },
                { ...to('v2-env-prod'), weight: 40 },
                { ...to('env-test'), weight: 10 },
              ],
            },
          ],
        },
      },
    ]);
    expect(file.conversions.slice(1)).toEqual([
      'The weights of `some` sum to 90: they are kept, and count in proportion.',
      must('`1-0` (version: 1.0), `v2-env-prod` (version: v2, env: Prod) and `env-test` (env: test)'),
    ]);
  });

  it.each<[string, string, JsonObject]>([
    [
      'headers of a request',
      'match: { request: { headers: { end-user: { exact: jason }, x: { prefix: a }, plain: b } } }',
      {
        match: [{ headers: { 'end-user': { exact: 'jason' }, x: { prefix: 'a' }, plain: { exact: 'b' } } }],
        route: [{ destination: { host: 'reviews' } }],
      },
    ],
    [
      'what stood among the headers and is none',
      'match: { request: { headers: { uri: { prefix: /api }, scheme: https, method: { exact: GET }, authority: { regex: "a.*" } } } }',
      {
        match: [
          {
            uri: { prefix: '/api' },
            scheme: { exact: 'https' },
            method: { exact: 'GET' },
            authority: { regex: 'a.*' },
          },
        ],
        route: [{ destination: { host: 'reviews' } }],
      },
    ],
    [
      'the labels of callers',
      'match: { source: { labels: { app: productpage } } }',
      { match: [{ sourceLabels: { app: 'productpage' } }], route: [{ destination: { host: 'reviews' } }] },
    ],
    [
      'timeouts and retries',
      `route: [{ labels: { version: v1 } }]
    httpReqTimeout: { simpleTimeout: { timeout: 10s } }
    httpReqRetries: { simpleRetry: { attempts: 3, perTryTimeout: 2s } }`,
      { route: [to('v1')], timeout: '10s', retries: { attempts: 3, perTryTimeout: '2s' } },
    ],
    [
      'faults',
      `route: [{ labels: { version: v1 } }]
    httpFault: { delay: { percent: 100, fixedDelay: 7s }, abort: { percent: 0.5, httpStatus: 400 } }`,
      {
        route: [to('v1')],
        fault: {
          delay: { percentage: { value: 100 }, fixedDelay: '7s' },
          abort: { percentage: { value: 0.5 }, httpStatus: 400 },
        },
      },
    ],
    [
      'redirects',
      'redirect: { uri: /v1/bookRatings, authority: bookratings }',
      { redirect: { uri: '/v1/bookRatings', authority: 'bookratings' } },
    ],
    [
      'rewrites, mirrors and headers',
      `rewrite: { uri: /v1 }
    route: [{ labels: { version: v1 } }]
    mirror: { name: reviews, labels: { version: v3 } }
    appendHeaders: { x-from: "2017" }`,
      {
        rewrite: { uri: '/v1' },
        route: [to('v1')],
        mirror: { host: 'reviews', subset: 'v3' },
        headers: { request: { add: { 'x-from': '2017' } } },
      },
    ],
    [
      'the policy for other origins',
      `route: [{ labels: { version: v1 } }]
    corsPolicy: { allowOrigin: [example.com], allowMethods: [POST], allowHeaders: [X-A], exposeHeaders: [X-B], maxAge: 24h, allowCredentials: false }`,
      {
        route: [to('v1')],
        corsPolicy: {
          allowOrigins: [{ exact: 'example.com' }],
          allowMethods: ['POST'],
          allowHeaders: ['X-A'],
          exposeHeaders: ['X-B'],
          maxAge: '24h',
          allowCredentials: false,
        },
      },
    ],
    [
      'a destination of its own',
      'route: [{ destination: { name: ratings, namespace: other }, labels: { version: v1 } }]',
      { route: [to('v1', 'ratings.other.svc.cluster.local')] },
    ],
  ])('keep %s', (_, more, entry) => {
    expect(entryOf(more)).toEqual(entry);
  });

  it.each<[string, string, string, string]>([
    ['{ name: reviews, namespace: books }', '', 'reviews', 'reviews.books.svc.cluster.local'],
    ['{ name: reviews, domain: svc.example.com }', '  namespace: books\n', 'reviews', 'reviews.books.svc.example.com'],
    ['{ service: reviews.books.svc.cluster.local }', '', 'reviews', 'reviews.books.svc.cluster.local'],
    ['{ service: www.example.com }', '', 'www.example.com', 'www.example.com'],
  ])('for %s name the whole host', (destination, head, name, host) => {
    const { manifests } = fileOf(routeRule('some', `destination: ${destination}`, head));

    expect(manifests).toMatchObject([
      { name, spec: { hosts: [host], http: [{ route: [{ destination: { host } }] }] } },
    ]);
    expect(manifests[0]?.namespace).toBe(head === '' ? undefined : 'books');
  });

  it('say what is needless today, and what was never so', () => {
    const { conversions } = fileOf(
      routeRule('some', 'destination: { name: reviews }\n    websocketUpgrade: true\n    route: [{ weight: 50 }]'),
    );

    expect(conversions.slice(1)).toEqual([
      '`websocketUpgrade` of `some` is left out: every route takes WebSockets today.',
      'The only destination of `some` gets everything, and not 50 %.',
    ]);
  });

  it('are read in their first form, too', () => {
    const file = fileOf(`type: route-rule
name: reviews-test-v2
spec:
  destination: reviews.default.svc.cluster.local
  precedence: 2
  match:
    sourceTags: { app: productpage }
    httpHeaders:
      cookie: { regex: "^(.*?;)?(user=jason)(;.*)?$" }
      uri: { prefix: /reviews }
  route:
  - tags: { version: v2 }
  httpFault: { delay: { percent: 100, fixedDelay: 7s } }
---
type: route-rule
spec:
  name: reviews-default
  destination: reviews.default.svc.cluster.local
  route:
  - { tags: { version: v1 }, weight: 50 }
  - { tags: { version: v3 }, weight: 50 }
`);
    const host = 'reviews.default.svc.cluster.local';

    expect(file.manifests).toEqual([
      {
        kind: 'VirtualService',
        name: 'reviews',
        spec: {
          hosts: [host],
          http: [
            {
              match: [{ ...cookieOfJason[0], uri: { prefix: '/reviews' }, sourceLabels: { app: 'productpage' } }],
              route: [to('v2', host)],
              fault: { delay: { percentage: { value: 100 }, fixedDelay: '7s' } },
            },
            {
              route: [
                { ...to('v1', host), weight: 50 },
                { ...to('v3', host), weight: 50 },
              ],
            },
          ],
        },
      },
    ]);
    expect(file.conversions[0]).toBe(
      'The route rules `reviews-test-v2` (line 1) and `reviews-default` (line 15) became the rules of VirtualService `reviews`, in this order.',
    );
  });

  it('stand in one file with objects of today', () => {
    const today = `---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ratings }
spec: { hosts: [ratings], http: [{ route: [{ destination: { host: ratings } }] }] }
`;

    expect(fileOf(reviewsToV1 + today).manifests.map(({ name }) => name)).toEqual(['reviews', 'ratings']);
    expect(faultsOf(reviewsToV1 + today.replace('name: ratings', 'name: reviews'))).toEqual([
      '13:19 VirtualService `reviews` stands in line 1 already: keep one',
    ]);
  });
});

describe('what has no counterpart is named, with its line', () => {
  const unconvertedOf = (rule: string) =>
    fileOf(`${reviewsToV1}---\n${rule}`).unconverted.map(({ rule: name, line, why }) => `${line} ${name}: ${why}`);
  const forRatings = (more: string) => routeRule('some', `destination: { name: ratings }\n    ${more.trim()}`);

  it.each<[string, string, string]>([
    [
      'a host of Consul',
      routeRule('some', 'destination: { service: reviews.service.consul }'),
      '`reviews.service.consul` is a name of Consul, whose registry Istio no longer reads',
    ],
    [
      'many hosts at once',
      routeRule('some', 'destination: { service: "*.example.com" }'),
      '`*.example.com` is not the name of a service',
    ],
    [
      'a domain without a namespace',
      routeRule('some', 'destination: { name: reviews, domain: svc.example.com }'),
      'which namespace `reviews` is in is not said: write `namespace:` beside `domain:`',
    ],
    [
      'labels of a destination',
      routeRule('some', 'destination: { name: reviews, labels: { version: v1 } }'),
      'its `destination` has labels, and a rule is for a whole service: write them under `route`',
    ],
    [
      'a rule for the Ingress',
      forRatings(
        'match: { source: { labels: { istio: ingress } } }\n    httpFault: { abort: { percent: 100, httpStatus: 403 } }',
      ),
      'it is for what comes in through the Ingress of that time: today that is a Gateway, and a VirtualService of its own with `gateways:`',
    ],
    [
      'addresses',
      forRatings('match: { tcp: { sourceSubnet: [10.0.0.0/8] } }'),
      'it matches by TCP or UDP addresses, not by HTTP',
    ],
    ['faults of connections', forRatings('l4Fault: { throttle: {} }'), '`l4Fault` has no counterpart'],
    [
      'callers by their service',
      forRatings('match: { source: { name: reviews, labels: { version: v2 } } }'),
      'it matches callers by their service (`reviews`), and today they are matched by labels alone',
    ],
    [
      'an expression that looks ahead',
      forRatings('match: { request: { headers: { cookie: { regex: "^(?!user=jason)" } } } }'),
      'its regular expression looks ahead, behind or back, which those of today (RE2) cannot',
    ],
    [
      'a redirect with a route',
      forRatings('redirect: { uri: /a }\n    route: [{ labels: { version: v1 } }]'),
      'it has both `redirect` and `route` or `rewrite`: keep one',
    ],
    [
      'destinations without weights',
      forRatings('route: [{ labels: { version: v1 } }, { labels: { version: v2 } }]'),
      'none of its destinations has a weight above 0',
    ],
    [
      'labels that give no name',
      forRatings(`route: [{ labels: { version: "${'v'.repeat(64)}" } }]`),
      `no subset can be named after its labels (version: ${'v'.repeat(64)})`,
    ],
    [
      'two versions that would be one subset',
      forRatings('route: [{ labels: { version: "1.0" }, weight: 50 }, { labels: { version: 1-0 }, weight: 50 }]'),
      'its subset `1-0` would be another than for the labels version: 1.0',
    ],
    [
      'a header that sets the timeout',
      forRatings('httpReqTimeout: { simpleTimeout: { timeout: 1s, overrideHeaderName: x } }'),
      '`overrideHeaderName` has no counterpart',
    ],
    [
      'a timeout of no time',
      forRatings('httpReqTimeout: { simpleTimeout: { timeout: 0s } }'),
      '`0s` is no duration that is known today: write hours, minutes, seconds or milliseconds, like `10s`',
    ],
    [
      'days',
      forRatings('corsPolicy: { maxAge: 1d }'),
      '`1d` is no duration that is known today: write hours, minutes, seconds or milliseconds, like `10s`',
    ],
    [
      'a delay that grows',
      forRatings('httpFault: { delay: { percent: 10, exponentialDelay: 1s } }'),
      '`exponentialDelay` was never carried out, and has no counterpart',
    ],
    [
      'a fault that never came',
      forRatings('httpFault: { delay: { fixedDelay: 1s } }'),
      'its `httpFault` has no `percent`, so that it never came: write one, or leave the fault out',
    ],
    [
      'an abort without a status',
      forRatings('httpFault: { abort: { percent: 10 } }'),
      'its `abort` has no `httpStatus`',
    ],
    [
      'the same service by another name',
      routeRule('some', 'destination: { name: reviews, namespace: books }'),
      'it is for `reviews.books.svc.cluster.local`, the rule in line 1 for `reviews`, and both would be VirtualService `reviews`: write the same',
    ],
    [
      'another kind of that time',
      'apiVersion: config.istio.io/v1alpha2\nkind: DestinationPolicy\nmetadata: { name: some }\nspec: {}\n',
      'DestinationPolicy has no counterpart that it could become',
    ],
    [
      'another type of the first form',
      'type: destination-policy\nspec: { name: some }\n',
      'destination-policy has no counterpart that it could become',
    ],
  ])('%s', (_, rule, why) => {
    expect(unconvertedOf(rule)).toEqual([`11 some: ${why}`]);
  });

  it('and a file in which nothing can be converted is refused', () => {
    const consul = routeRule('reviews-default', 'destination: { service: reviews.service.consul }');
    const why = '`reviews.service.consul` is a name of Consul, whose registry Istio no longer reads';

    expect(faultsOf(`${consul}---\n${consul.replace('reviews-default', 'other')}`)).toEqual([
      `1:1 reviews-default: ${why}`,
      `8:1 other: ${why}`,
    ]);
  });
});

describe('a rule of 2017 that is written wrong is a fault', () => {
  it.each<[string, string, readonly string[]]>([
    ['no destination', 'route: []', ['6:3 spec.destination: is missing: write a service, like `name: reviews`']],
    [
      'an empty destination',
      'destination: {}',
      ['6:16 spec.destination: is missing: write the name of a service, like `name: reviews`'],
    ],
    [
      'a version that is a number',
      'destination: { name: reviews }\n    route: [{ labels: { version: 1.0 } }]',
      ['7:32 spec.route[0].labels.version: put it in quotes: without them it is read as a number'],
    ],
    [
      'a weight over 100',
      'destination: { name: reviews }\n    route: [{ weight: 101 }]',
      ['7:21 spec.route[0].weight: write a whole number from 0 to 100'],
    ],
    [
      'two matches of one header',
      'destination: { name: reviews }\n    match: { request: { headers: { a: { exact: b, prefix: c } } } }',
      ['7:37 spec.match.request.headers.a: write one of `exact:`, `prefix:` and `regex:`'],
    ],
    [
      'a key that is nearly one',
      'destination: { name: reviews }\n    routes: []',
      ['7:3 spec: there is no key `routes` here; did you mean `route`?'],
    ],
  ])('%s', (_, more, told) => {
    expect(faultsOf(routeRule('some', more))).toEqual(told);
  });

  it('a name that stands twice', () => {
    expect(faultsOf(`${reviewsToV1}---\n${reviewsToV1}`)).toEqual([
      '14:9 RouteRule `reviews-default` stands in line 4 already: keep one',
    ]);
  });
});
