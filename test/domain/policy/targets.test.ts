import { describe, expect, it } from 'vitest';
import { growthOf, hostsOfRules, namesOf, targetsOf } from '../../../src/domain/policy/targets.ts';
import { reviewsObject } from '../../support/builders.ts';

describe('the names that policy checks', () => {
  it.each`
    hosts                                     | targets
    ${['reviews']}                            | ${['sandbox/default/reviews']}
    ${['reviews.default.svc.cluster.local']}  | ${['sandbox/default/reviews']}
    ${['ratings', 'reviews']}                 | ${['sandbox/default/reviews', 'sandbox/default/ratings']}
    ${['api.payments.svc.cluster.local']}     | ${['sandbox/default/reviews', 'sandbox/payments/api']}
    ${['www.example.com', '*']}               | ${['sandbox/default/reviews', 'sandbox/default/www.example.com', 'sandbox/default/*']}
    ${['Ratings.']}                           | ${['sandbox/default/reviews', 'sandbox/default/ratings']}
    ${['ratings.default.']}                   | ${['sandbox/default/reviews', 'sandbox/default/ratings.default', 'sandbox/default/ratings']}
    ${['api.payments.svc']}                   | ${['sandbox/default/reviews', 'sandbox/payments/api']}
    ${['api.payments.svc.k8s.corp']}          | ${['sandbox/default/reviews', 'sandbox/payments/api']}
    ${['*.payments.svc.cluster.local']}       | ${['sandbox/default/reviews', 'sandbox/payments/*']}
    ${['*.svc.cluster.local']}                | ${['sandbox/default/reviews', 'sandbox/*/*']}
    ${['*.svc.k8s.corp', '*.local']}          | ${['sandbox/default/reviews', 'sandbox/*/*']}
    ${['web-0.nginx.shop.svc.cluster.local']} | ${['sandbox/default/reviews', 'sandbox/shop/nginx']}
  `('of an object for $hosts are its own and those of all its hosts', ({ hosts, targets }) => {
    expect(targetsOf({ object: reviewsObject, hosts, routed: [] })).toEqual(targets);
  });
});

describe('the hosts that rules touch', () => {
  const backend = (host: string) => ({ version: 'v1', host });
  const route = {
    hosts: ['shop.example.com'],
    rules: [
      { key: 'default', backends: [backend('reviews.default.svc.cluster.local')] },
      { key: 'api', backends: [backend('api')], mirrors: [backend('copy')] },
    ],
  };

  it('are those of the object, and the destinations and mirrors of these rules or of all', () => {
    expect(hostsOfRules(route, ['default']).routed).toEqual(['reviews.default.svc.cluster.local']);
    expect(hostsOfRules(route, ['api']).routed).toEqual(['api', 'copy']);
    expect(hostsOfRules(route)).toEqual({
      hosts: ['shop.example.com'],
      routed: ['reviews.default.svc.cluster.local', 'api', 'copy'],
    });
  });

  it('are named once, also where requests go to the host that is asked for', () => {
    const { hosts } = namesOf({ object: reviewsObject, hosts: ['reviews'], routed: ['Reviews.default.svc.', 'api'] });

    expect(hosts).toEqual([
      { name: 'sandbox/default/reviews', orElse: undefined, isRoutedOnly: false },
      { name: 'sandbox/default/api', orElse: undefined, isRoutedOnly: true },
    ]);
  });
});

describe('the growth of a change', () => {
  it.each`
    from                          | to                           | step         | reached
    ${{ v1: 100 }}                | ${{ v1: 75, v3: 25 }}        | ${25}        | ${25}
    ${{ v1: 50, v3: 50 }}         | ${{ v1: 0, v3: 100 }}        | ${50}        | ${100}
    ${{ v1: 10, v2: 40, v3: 50 }} | ${{ v1: 20, v2: 80, v3: 0 }} | ${40}        | ${80}
    ${{ v1: 90, v2: 10 }}         | ${{ v1: 80, v2: 15, v3: 5 }} | ${5}         | ${15}
    ${{ v1: 1, v2: 1 }}           | ${{ v1: 75, v2: 25 }}        | ${25}        | ${75}
    ${{ v1: 2, v2: 1 }}           | ${{ v1: 1, v2: 2 }}          | ${33.333333} | ${66.666667}
    ${{ v1: 0, v2: 0 }}           | ${{ v1: 100, v2: 0 }}        | ${100}       | ${100}
    ${{ v1: 50, v2: 50 }}         | ${{ v1: 5, v2: 5 }}          | ${0}         | ${0}
  `('from $from to $to is a step of $step, up to $reached', ({ from, to, step, reached }) => {
    expect(growthOf(from, to)).toEqual({ step, reached });
  });
});
