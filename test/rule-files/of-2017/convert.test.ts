import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { JsonObject } from '../../../src/domain/text/json.ts';
import { faultsOf, fileOf } from '../rule-text.ts';

/** A RouteRule of 2017 as a Kubernetes object; `more` goes below `spec`. */
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
  `A DestinationRule for \`${host}\` must have the subset${subsets.includes(' and ') ? 's' : ''} ${subsets}: requests to a missing subset get a 503.`;

/** The one entry that a rule becomes. */
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

  it('send requests that no rule matches to all versions, as in 2017, and say so', () => {
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
      'No rule in the file takes the other requests to `reviews`, so a last rule sends them to all its versions. If another rule should take them, add it to this file.',
      must('`v2` (version: v2)'),
    ]);
  });

  it('of equal precedence keep the order of the file, and a rule that is never reached is reported', () => {
    const again = reviewsToV1.replace('reviews-default', 'reviews-again').replace('version: v1', 'version: v3');

    const file = fileOf(`${reviewsToV1}---\n${again}`);

    expect(file.manifests).toMatchObject([{ spec: { http: [{ route: [to('v1')] }, { route: [to('v3')] }] } }]);
    expect(file.conversions.slice(1, 3)).toEqual([
      '`reviews-default` and `reviews-again` have the same precedence (1): they keep the order of the file.',
      '`reviews-again` is never reached: `reviews-default` comes before it and takes all requests.',
    ]);
  });

  it('need only the subsets that no DestinationRule of the file has', () => {
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

  it('name subsets after the version and the other labels', () => {
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
      'The weights of `some` sum to 90: they are kept as proportions.',
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
      'pseudo-headers',
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
      'labels of callers',
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
      'the CORS policy',
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
      'another destination',
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
  ])('for %s use the full host', (destination, head, name, host) => {
    const { manifests } = fileOf(routeRule('some', `destination: ${destination}`, head));

    expect(manifests).toMatchObject([
      { name, spec: { hosts: [host], http: [{ route: [{ destination: { host } }] }] } },
    ]);
    expect(manifests[0]?.namespace).toBe(head === '' ? undefined : 'books');
  });

  it('say what is not needed today, and what never had an effect', () => {
    const { conversions } = fileOf(
      routeRule('some', 'destination: { name: reviews }\n    websocketUpgrade: true\n    route: [{ weight: 50 }]'),
    );

    expect(conversions.slice(1)).toEqual([
      '`websocketUpgrade` of `some` is dropped: today every route accepts WebSockets.',
      'The only destination of `some` gets everything, not 50 %.',
    ]);
  });

  it('are also read in their first format', () => {
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

  it('may share a file with objects of today', () => {
    const today = `---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ratings }
spec: { hosts: [ratings], http: [{ route: [{ destination: { host: ratings } }] }] }
`;

    expect(fileOf(reviewsToV1 + today).manifests.map(({ name }) => name)).toEqual(['reviews', 'ratings']);
    expect(faultsOf(reviewsToV1 + today.replace('name: ratings', 'name: reviews'))).toEqual([
      '13:19 VirtualService `reviews` is already in line 1: keep one',
    ]);
  });
});

describe('what has no equivalent today is reported with its line', () => {
  const unconvertedOf = (rule: string) =>
    fileOf(`${reviewsToV1}---\n${rule}`).unconverted.map(({ rule: name, line, why }) => `${line} ${name}: ${why}`);
  const forRatings = (more: string) => routeRule('some', `destination: { name: ratings }\n    ${more.trim()}`);

  it.each<[string, string, string]>([
    [
      'a destination in Consul',
      routeRule(
        'some',
        'destination: { name: reviews }\n    route: [{ destination: { service: reviews.service.consul } }]',
      ),
      '`reviews.service.consul` is a Consul name, and Istio no longer reads the Consul registry',
    ],
    [
      'many hosts at once',
      routeRule('some', 'destination: { service: "*.example.com" }'),
      '`*.example.com` is not the name of a service',
    ],
    [
      'a domain without a namespace',
      routeRule('some', 'destination: { name: reviews, domain: svc.example.com }'),
      'the namespace of `reviews` is missing: write `namespace:` beside `domain:`',
    ],
    [
      'labels of a destination',
      routeRule('some', 'destination: { name: reviews, labels: { version: v1 } }'),
      'its `destination` has labels, but a rule is for a whole service: move them to `route`',
    ],
    [
      'a rule for the Ingress',
      forRatings(
        'match: { source: { labels: { istio: ingress } } }\n    httpFault: { abort: { percent: 100, httpStatus: 403 } }',
      ),
      'it is for requests through the Ingress of 2017: today they need a Gateway and their own VirtualService with `gateways:`',
    ],
    [
      'addresses',
      forRatings('match: { tcp: { sourceSubnet: [10.0.0.0/8] } }'),
      'it matches by TCP or UDP addresses, not by HTTP',
    ],
    ['faults of connections', forRatings('l4Fault: { throttle: {} }'), '`l4Fault` has no equivalent today'],
    [
      'callers by their service',
      forRatings('match: { source: { name: reviews, labels: { version: v2 } } }'),
      'it matches callers by their service (`reviews`), but today callers are matched only by labels',
    ],
    [
      'an expression with look-ahead',
      forRatings('match: { request: { headers: { cookie: { regex: "^(?!user=jason)" } } } }'),
      'its regular expression uses look-ahead, look-behind or back-references, which RE2 does not have',
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
      'labels that do not make a name',
      forRatings(`route: [{ labels: { version: "${'v'.repeat(64)}" } }]`),
      `its labels cannot be turned into the name of a subset (version: ${'v'.repeat(64)})`,
    ],
    [
      'two versions that would share a subset',
      forRatings('route: [{ labels: { version: "1.0" }, weight: 50 }, { labels: { version: 1-0 }, weight: 50 }]'),
      'its labels and the labels version: 1.0 both become the subset `1-0`',
    ],
    [
      'a header that sets the timeout',
      forRatings('httpReqTimeout: { simpleTimeout: { timeout: 1s, overrideHeaderName: x } }'),
      '`overrideHeaderName` has no equivalent today',
    ],
    [
      'a timeout of zero',
      forRatings('httpReqTimeout: { simpleTimeout: { timeout: 0s } }'),
      '`0s` is not a valid duration: write hours, minutes, seconds or milliseconds, like `10s`',
    ],
    [
      'days',
      forRatings('corsPolicy: { maxAge: 1d }'),
      '`1d` is not a valid duration: write hours, minutes, seconds or milliseconds, like `10s`',
    ],
    [
      'a delay that grows',
      forRatings('httpFault: { delay: { percent: 10, exponentialDelay: 1s } }'),
      '`exponentialDelay` never worked, and has no equivalent today',
    ],
    [
      'a fault that never happened',
      forRatings('httpFault: { delay: { fixedDelay: 1s } }'),
      'its `httpFault` has no `percent`, so it never happened: write one, or remove the fault',
    ],
    [
      'an abort without a status',
      forRatings('httpFault: { abort: { percent: 10 } }'),
      'its `abort` has no `httpStatus`',
    ],
    [
      'the same service by another name',
      routeRule('some', 'destination: { name: reviews, namespace: books }'),
      'it is for `reviews.books.svc.cluster.local` and the rule in line 1 is for `reviews`, but both become VirtualService `reviews`: use the same host',
    ],
    [
      'another kind of 2017',
      'apiVersion: config.istio.io/v1alpha2\nkind: DestinationPolicy\nmetadata: { name: some }\nspec: {}\n',
      'DestinationPolicy has no equivalent today',
    ],
    [
      'another type of the first format',
      'type: destination-policy\nspec: { name: some }\n',
      'destination-policy has no equivalent today',
    ],
  ])('%s', (_, rule, why) => {
    expect(unconvertedOf(rule)).toEqual([`11 some: ${why}`]);
  });

  it('and a file without anything to convert is refused', () => {
    const many = routeRule('reviews-default', 'destination: { service: "*.example.com" }');
    const why = '`*.example.com` is not the name of a service';

    expect(faultsOf(`${many}---\n${many.replace('reviews-default', 'other')}`)).toEqual([
      `1:1 reviews-default: ${why}`,
      `8:1 other: ${why}`,
    ]);
  });
});

describe('a mistake in a rule of 2017 is a fault', () => {
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
      'a misspelt key',
      'destination: { name: reviews }\n    routes: []',
      ['7:3 spec: there is no key `routes` here; did you mean `route`?'],
    ],
  ])('%s', (_, more, told) => {
    expect(faultsOf(routeRule('some', more))).toEqual(told);
  });

  it('a name that occurs twice', () => {
    expect(faultsOf(`${reviewsToV1}---\n${reviewsToV1}`)).toEqual([
      '14:9 RouteRule `reviews-default` is already in line 4: keep one',
    ]);
  });
});
