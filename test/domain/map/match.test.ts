import { describe, expect, it } from 'vitest';
import { type Request, takes } from '../../../src/domain/map/match.ts';
import type { Match } from '../../../src/domain/map/objects.ts';
import { byPrecedence } from '../../../src/domain/map/rules/precedence.ts';

const get: Request = {
  method: 'GET',
  path: '/reviews/1?q=a%20b&r=',
  authority: 'reviews:9080',
  scheme: 'http',
  headers: {},
};
const regex = (pattern: string, value: string) => new RegExp(`^(?:${pattern})$`).test(value);

const exact = (value: string) => ({ by: 'exact', value }) as const;

describe('whether a match takes a request', () => {
  it.each`
    match                                                               | request                                         | taken
    ${{ uri: exact('/reviews/1') }}                                     | ${get}                                          | ${true}
    ${{ uri: exact('/REVIEWS/1') }}                                     | ${get}                                          | ${false}
    ${{ uri: exact('/REVIEWS/1'), ignoreUriCase: true }}                | ${get}                                          | ${true}
    ${{ uri: { by: 'prefix', value: '/rev' } }}                         | ${get}                                          | ${true}
    ${{ uri: { by: 'segments', value: '/rev' } }}                       | ${get}                                          | ${false}
    ${{ uri: { by: 'segments', value: '/reviews/' } }}                  | ${get}                                          | ${true}
    ${{ uri: { by: 'segments', value: '/' } }}                          | ${get}                                          | ${true}
    ${{ uri: { by: 'regex', value: '/reviews' } }}                      | ${get}                                          | ${false}
    ${{ queryParams: { q: exact('a%20b') } }}                           | ${get}                                          | ${true}
    ${{ queryParams: { q: exact('a b') } }}                             | ${get}                                          | ${false}
    ${{ queryParams: { r: { by: 'present' } } }}                        | ${get}                                          | ${true}
    ${{ queryParams: { s: { by: 'present' } } }}                        | ${get}                                          | ${false}
    ${{ headers: { 'End-User': exact('jason') } }}                      | ${{ ...get, headers: { 'end-user': 'jason' } }} | ${true}
    ${{ headers: { ':authority': exact('reviews:9080') } }}             | ${get}                                          | ${true}
    ${{ headers: { 'end-user': { by: 'present' } } }}                   | ${get}                                          | ${false}
    ${{ withoutHeaders: { 'end-user': { by: 'present' } } }}            | ${get}                                          | ${true}
    ${{ withoutHeaders: { 'end-user': { by: 'regex', value: '.*' } } }} | ${get}                                          | ${false}
    ${{ withoutHeaders: { 'end-user': exact('jason') } }}               | ${get}                                          | ${true}
    ${{ method: exact('get') }}                                         | ${get}                                          | ${false}
    ${{ authority: { by: 'prefix', value: 'reviews.' } }}               | ${get}                                          | ${false}
    ${{ sourceLabels: { app: 'productpage' } }}                         | ${{ ...get, labels: { app: 'productpage' } }}   | ${true}
    ${{ sourceLabels: { app: 'productpage' } }}                         | ${get}                                          | ${false}
    ${{ sniHosts: ['*.example.com'] }}                                  | ${{ ...get, sni: 'shop.example.com' }}          | ${true}
    ${{ sniHosts: ['*.example.com'] }}                                  | ${get}                                          | ${false}
  `('$match: $taken', ({ match, request, taken }) => {
    expect(takes(match, request, regex)).toBe(taken);
  });
});

describe('the precedence of rules of the Gateway API', () => {
  const inOrder: readonly Match[] = [
    { uri: exact('/x') },
    { uri: { by: 'segments', value: '/x/y' } },
    { uri: { by: 'segments', value: '/x' } },
    { method: exact('POST') },
    { headers: { a: exact('1'), b: exact('2') } },
    { headers: { a: exact('1') } },
    { queryParams: { q: exact('1') } },
    {},
    { uri: { by: 'regex', value: '/x.*' } },
  ];

  it('is by path, method, headers and query, wherever they stand', () => {
    const rules = inOrder.map((match) => ({ matches: [match] }));

    expect(rules.toReversed().toSorted(byPrecedence)).toEqual(rules);
  });
});
