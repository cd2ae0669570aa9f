import { describe, expect, it } from 'vitest';
import { istiodVerdict } from '../../../src/sandbox/kube-api/istiod-verdict.ts';

function verdict(spec: object, kind = 'VirtualService'): string | undefined {
  return istiodVerdict({ apiVersion: 'networking.istio.io/v1', kind, metadata: { name: 'x' }, spec });
}

function split(...weights: readonly (number | undefined)[]): object {
  return {
    route: weights.map((weight) => ({ destination: { host: 'reviews' }, ...(weight === undefined ? {} : { weight }) })),
  };
}

const to = split(undefined);

describe('istiod on a VirtualService', () => {
  it.each`
    spec                                                                                   | says
    ${{ hosts: ['a'], http: [split(60, 30)] }}                                             | ${undefined}
    ${{ hosts: ['a'], http: [split(100, 100)] }}                                           | ${undefined}
    ${{ hosts: ['a'], http: [split(0)] }}                                                  | ${undefined}
    ${{ hosts: ['a'], http: [split(0, 0)] }}                                               | ${'total destination weight = 0'}
    ${{ hosts: ['a'], http: [split(undefined, undefined)] }}                               | ${'total destination weight = 0'}
    ${{ hosts: ['a'], tcp: [split(0, 0)] }}                                                | ${'total destination weight = 0'}
    ${{ hosts: ['a'], http: [split(-5)] }}                                                 | ${'weight -5 < 0'}
    ${{ hosts: ['a'] }}                                                                    | ${'http, tcp or tls must be provided in virtual service'}
    ${{ hosts: ['a'], http: [{}] }}                                                        | ${'HTTP route, redirect or direct_response is required'}
    ${{ hosts: ['a'], http: [{ ...to, redirect: { uri: '/' } }] }}                         | ${'HTTP route cannot contain both route and redirect'}
    ${{ hosts: ['a'], http: [{ delegate: { name: 'd' } }] }}                               | ${undefined}
    ${{ hosts: ['a'], tcp: [{}] }}                                                         | ${'TCP route is required'}
    ${{ hosts: ['a'], tls: [{ ...to, match: [{ sniHosts: [] }] }] }}                       | ${'TLS match must have at least one SNI host'}
    ${{ hosts: ['*'], http: [to] }}                                                        | ${'wildcard host * is not allowed for virtual services bound to the mesh gateway'}
    ${{ hosts: ['*'], gateways: ['bookinfo-gateway'], http: [to] }}                        | ${undefined}
    ${{ hosts: ['a', 'a'], http: [to] }}                                                   | ${'duplicate hosts in virtual service: a & a'}
    ${{ hosts: ['*.a.io', 'b.a.io'], http: [to] }}                                         | ${'duplicate hosts in virtual service: *.a.io & b.a.io'}
    ${{ gateways: ['g'], http: [to] }}                                                     | ${'delegate virtual service must have no gateways specified'}
    ${{ http: [to] }}                                                                      | ${undefined}
    ${{ hosts: ['a'], http: [{ route: [{ destination: { host: 'a', subset: 'V3' } }] }] }} | ${'subset name is invalid: V3'}
  `('says "$says" of $spec', ({ spec, says }) => {
    expect(verdict(spec)).toBe(says);
  });

  it('lists several errors', () => {
    expect(verdict({ hosts: ['a'], http: [split(-1), split(0, 0)] })).toBe(
      '2 errors occurred:\n\t* weight -1 < 0\n\t* total destination weight = 0\n\n',
    );
  });
});

describe('istiod on a DestinationRule', () => {
  it('wants subsets named like DNS labels', () => {
    expect(verdict({ host: 'a', subsets: [{ name: 'v1' }, { name: 'V3' }] }, 'DestinationRule')).toBe(
      'subset name is invalid: V3',
    );
  });
});
