import { describe, expect, it } from 'vitest';
import { faultsOf, fileOf } from '../rule-text.ts';

/** A RouteRule of 2017 for a service of Consul; `more` goes below `spec`. */
function ruleFor(host: string, more = '', name = 'reviews-default'): string {
  return `apiVersion: config.istio.io/v1alpha2
kind: RouteRule
metadata: { name: ${name} }
spec:
  destination: { service: ${host} }
  ${more}
`;
}

const reviews = 'reviews.service.consul';
const onlyHttp =
  'Consul divides requests only where it knows that a service speaks HTTP (`protocol: http` in its ServiceDefaults, or in ProxyDefaults).';

describe('rules of 2017 for services of Consul', () => {
  it('become a splitter and the subsets that it sends to', () => {
    const file = fileOf(
      ruleFor(reviews, 'route: [{ labels: { version: v1 }, weight: 50 }, { labels: { version: v3 }, weight: 50 }]'),
    );

    expect(file.manifests).toEqual([
      {
        kind: 'ServiceResolver',
        name: 'reviews',
        spec: {
          subsets: {
            v1: { filter: 'Service.Meta.version == "v1"' },
            v3: { filter: 'Service.Meta.version == "v3"' },
          },
        },
        isAdded: true,
      },
      {
        kind: 'ServiceSplitter',
        name: 'reviews',
        spec: {
          splits: [
            { weight: 50, serviceSubset: 'v1' },
            { weight: 50, serviceSubset: 'v3' },
          ],
        },
      },
    ]);
    expect(file.conversions).toEqual([
      'The route rule `reviews-default` (line 1) became ServiceSplitter `reviews` of Consul.',
      "ServiceResolver `reviews` gets the subsets `v1` (version: v1) and `v3` (version: v3), by the metadata of the service's instances. Those that it has stay as they are.",
      onlyHttp,
    ]);
    expect(file.unconverted).toEqual([]);
  });

  it('give everything to the only version, whatever its weight, and to the service itself without one', () => {
    const only = fileOf(ruleFor(reviews, 'route: [{ labels: { version: v1, env: "1.0" } }]')).manifests;
    const all = fileOf(ruleFor(reviews)).manifests;

    expect(only.map(({ spec }) => spec)).toEqual([
      { subsets: { 'v1-env-1-0': { filter: 'Service.Meta.version == "v1" and Service.Meta.env == "1.0"' } } },
      { splits: [{ weight: 100, serviceSubset: 'v1-env-1-0' }] },
    ]);
    expect(all).toEqual([{ kind: 'ServiceSplitter', name: 'reviews', spec: { splits: [{ weight: 100 }] } }]);
  });

  it('are for several services beside rules for Istio', () => {
    const ofIstio = ruleFor('details', 'route: [{ labels: { version: v1 } }]', 'details-default');
    const file = fileOf([ruleFor(reviews), ruleFor('ratings.service.consul', '', 'b'), ofIstio].join('---\n'));

    expect(file.manifests.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'ServiceSplitter reviews',
      'ServiceSplitter ratings',
      'VirtualService details',
    ]);
    expect(file.conversions.filter((each) => each === onlyHttp)).toHaveLength(1);
  });

  it('come to the first by precedence, since it takes all requests', () => {
    const first = ruleFor(reviews, 'precedence: 2\n  route: [{ labels: { version: v3 } }]', 'reviews-v3');
    const file = fileOf([ruleFor(reviews), first].join('---\n'));

    expect(file.manifests.at(-1)?.spec).toEqual({ splits: [{ weight: 100, serviceSubset: 'v3' }] });
    expect(file.unconverted).toEqual([
      {
        rule: 'reviews-default',
        line: 1,
        why: 'it is never reached: `reviews-v3` comes before it and takes all requests',
      },
    ]);
  });

  it.each([
    [
      'a match',
      ruleFor(reviews, 'match: { request: { headers: { cookie: jason } } }'),
      'it has `match`, but a ServiceSplitter only divides requests: that takes a ServiceRouter, which rule files cannot contain',
    ],
    [
      'a fault',
      ruleFor(reviews, 'httpFault: { delay: { percent: 100, fixedDelay: 7s } }'),
      'it has `httpFault`, but a ServiceSplitter only divides requests: that takes a ServiceRouter, which rule files cannot contain',
    ],
    [
      'a datacenter',
      ruleFor('reviews.service.east.consul'),
      '`reviews.service.east.consul` is more than the name of a service, like `reviews.service.consul`',
    ],
    [
      'another service',
      ruleFor(reviews, 'route: [{ destination: { service: ratings.service.consul } }]'),
      'it sends requests to another service',
    ],
    [
      'weights that do not sum to 100',
      ruleFor(reviews, 'route: [{ labels: { version: v1 }, weight: 33 }, { labels: { version: v2 }, weight: 66 }]'),
      'its weights sum to 99, and those of a ServiceSplitter must sum to 100',
    ],
    [
      'a label with a dot',
      ruleFor(reviews, 'route: [{ labels: { example.com/version: v1 } }]'),
      'Consul cannot choose by the label `example.com/version`',
    ],
    [
      'two sets of labels of one name',
      ruleFor(reviews, 'route: [{ labels: { version: "1.0" }, weight: 50 }, { labels: { version: 1-0 }, weight: 50 }]'),
      'its labels version: 1.0 and version: 1-0 both become the subset `1-0`',
    ],
    [
      'labels that make no name',
      ruleFor(reviews, 'route: [{ labels: { version: "…" } }]'),
      'its labels cannot be turned into the name of a subset (version: …)',
    ],
  ])('are named where they have %s', (_, text, why) => {
    expect(faultsOf(text)).toEqual([`1:1 reviews-default: ${why}`]);
  });
});
