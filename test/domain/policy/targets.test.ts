import { describe, expect, it } from 'vitest';
import { growthOf, targetsOf } from '../../../src/domain/policy/targets.ts';
import { reviewsObject } from '../../support/builders.ts';

describe('the names that policy checks', () => {
  it.each`
    hosts                                    | targets
    ${['reviews']}                           | ${['sandbox/default/reviews']}
    ${['reviews.default.svc.cluster.local']} | ${['sandbox/default/reviews']}
    ${['ratings', 'reviews']}                | ${['sandbox/default/reviews', 'sandbox/default/ratings']}
    ${['api.payments.svc.cluster.local']}    | ${['sandbox/default/reviews', 'sandbox/payments/api']}
    ${['www.example.com', '*']}              | ${['sandbox/default/reviews', 'sandbox/default/www.example.com', 'sandbox/default/*']}
  `('of an object for $hosts are its own and those of all its hosts', ({ hosts, targets }) => {
    expect(targetsOf({ object: reviewsObject, hosts })).toEqual(targets);
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
