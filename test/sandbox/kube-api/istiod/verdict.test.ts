import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { istiodVerdict, type Verdict } from '../../../../src/sandbox/kube-api/istiod/verdict.ts';

function verdict(spec: object, kind = 'VirtualService'): Verdict {
  const metadata = { name: 'x', namespace: 'default' };
  return istiodVerdict({ apiVersion: 'networking.istio.io/v1', kind, metadata, spec });
}

function split(...weights: readonly (number | undefined)[]): object {
  return {
    route: weights.map((weight) => ({ destination: { host: 'reviews' }, ...(weight === undefined ? {} : { weight }) })),
  };
}

const to = split(undefined);
const http = (...http: readonly object[]) => ({ hosts: ['a'], http });
const route = (destination: object) => http({ route: [{ destination }] });

describe('istiod on a VirtualService', () => {
  it.each`
    spec                                                                                           | says
    ${http(split(60, 30))}                                                                         | ${undefined}
    ${http(split(100, 100))}                                                                       | ${undefined}
    ${http(split(0))}                                                                              | ${undefined}
    ${http(split(0, 0))}                                                                           | ${'total destination weight = 0'}
    ${http(split(undefined, undefined))}                                                           | ${'total destination weight = 0'}
    ${{ hosts: ['a'], tcp: [split(0, 0)] }}                                                        | ${'total destination weight = 0'}
    ${http(split(-5))}                                                                             | ${'weight -5 < 0'}
    ${{ hosts: ['a'] }}                                                                            | ${'http, tcp or tls must be provided in virtual service'}
    ${http({})}                                                                                    | ${'HTTP route, redirect or direct_response is required'}
    ${http({ route: [{}] })}                                                                       | ${'1 error occurred:\n\t* destination is required\n\n'}
    ${http({ ...to, redirect: { uri: '/' } })}                                                     | ${'HTTP route cannot contain both route and redirect'}
    ${http({ ...to, directResponse: { status: 200 } })}                                            | ${'HTTP route cannot contain both route and direct_response'}
    ${http({ ...to, mirror: { host: 'a' }, mirrors: [{ destination: { host: 'a' } }] })}           | ${'HTTP route cannot contain both mirror and mirrors'}
    ${http({ delegate: { name: 'd' } })}                                                           | ${undefined}
    ${http({ name: 'r', delegate: { name: 'd' }, ...to })}                                         | ${'root HTTP route r must not specify route'}
    ${{ hosts: ['a'], tcp: [{}] }}                                                                 | ${'TCP route is required'}
    ${{ hosts: ['a'], tls: [{ ...to, match: [{ sniHosts: [] }] }] }}                               | ${'TLS match must have at least one SNI host'}
    ${{ hosts: ['a'], tls: [{ ...to, match: [{ sniHosts: ['b'] }] }] }}                            | ${'SNI host "b" is not a compatible subset of any of the virtual service hosts: [a]'}
    ${{ hosts: ['*'], http: [to] }}                                                                | ${'wildcard host * is not allowed for virtual services bound to the mesh gateway'}
    ${{ hosts: ['*'], gateways: ['bookinfo-gateway'], http: [to] }}                                | ${undefined}
    ${{ hosts: ['*'], gateways: ['bookinfo-gateway', 'mesh'], http: [to] }}                        | ${'wildcard host * is not allowed for virtual services bound to the mesh gateway'}
    ${{ hosts: ['a', 'a'], http: [to] }}                                                           | ${'duplicate hosts in virtual service: a & a'}
    ${{ hosts: ['*.a.io', 'b.a.io'], http: [to] }}                                                 | ${'duplicate hosts in virtual service: *.a.io & b.a.io'}
    ${{ hosts: ['a_b'], http: [to] }}                                                              | ${'domain name "a_b" invalid (label "a_b" invalid)'}
    ${{ hosts: ['10.0.0.1'], http: [to] }}                                                         | ${undefined}
    ${{ gateways: ['g'], http: [to] }}                                                             | ${'delegate virtual service must have no gateways specified'}
    ${{ tcp: [to] }}                                                                               | ${'delegate virtual service must have no tcp route specified'}
    ${{ http: [to] }}                                                                              | ${undefined}
    ${{ hosts: ['a'], gateways: ['ns/'], http: [to] }}                                             | ${'2 errors occurred:\n\t* config namespace and gateway name cannot be empty\n\t* invalid value for gateway name: ""\n\n'}
    ${{ hosts: ['a'], exportTo: ['*', 'b'], http: [to] }}                                          | ${'cannot have both public (*) and non-public exportTo values for a resource'}
    ${{ hosts: ['a'], exportTo: ['.', 'default'], http: [to] }}                                    | ${'duplicate entries in exportTo for entry default'}
    ${route({ host: 'a', subset: '2.0.0' })}                                                       | ${'subset name is invalid: 2.0.0'}
    ${route({ host: 'a', subset: 'V3' })}                                                          | ${undefined}
    ${route({ host: '*' })}                                                                        | ${'invalid destination host *'}
    ${route({ host: 'a', port: { number: 99_999 } })}                                              | ${'port number 99999 must be in the range 1..65535'}
    ${http({ ...to, timeout: '1.5ms' })}                                                           | ${'only durations to ms precision are supported'}
    ${http({ ...to, retries: { attempts: 0, retryOn: '5xx' } })}                                   | ${'http retry policy configured when attempts are set to 0 (disabled)'}
    ${http({ ...to, retries: { attempts: 1, retryOn: '5xx,503,often' } })}                         | ${'"often" is not a valid retryOn policy'}
    ${http({ ...to, fault: {} })}                                                                  | ${'1 error occurred:\n\t* HTTP fault injection must have an abort and/or a delay\n\n'}
    ${http({ ...to, fault: { abort: { httpStatus: 100 } } })}                                      | ${'HTTP status 100 is not in range 200-599'}
    ${http({ ...to, fault: { delay: { fixedDelay: '1s', percentage: { value: 101 } } } })}         | ${'percentage 101 is neither 0.0, nor in range [0.0001, 100.0]'}
    ${http({ ...to, rewrite: {} })}                                                                | ${'rewrite must specify at least one of URI, UriRegexRewrite, or authority. Only one of URI or UriRegexRewrite may be specified'}
    ${http({ ...to, mirrorPercentage: { value: 101 } })}                                           | ${'mirror_percentage must have a max value of 100 (it has 101.000000)'}
    ${http({ redirect: {} })}                                                                      | ${'redirect must specify URI, authority, scheme, or port'}
    ${http({ redirect: { uri: '/', redirectCode: 200 } })}                                         | ${'200 is not a valid redirect code, must be 3xx'}
    ${http({ ...to, headers: { request: { remove: ['Host'] } } })}                                 | ${'invalid header "Host": cannot set Host header'}
    ${http({ ...to, match: [{ headers: { 'a b': { exact: 'c' } } }] })}                            | ${'header name a b is not a valid header name'}
    ${http({ ...to, match: [{ headers: { a: { prefix: '' } } }] })}                                | ${'"headers": prefix string match should not be empty'}
    ${http({ ...to, match: [{ uri: { prefix: '' } }] })}                                           | ${undefined}
    ${http({ ...to, match: [{ uri: { regex: '(a' } }] })}                                          | ${'"uri": error parsing regexp: missing closing ): `(a`; Istio uses RE2 style regex-based match (https://github.com/google/re2/wiki/Syntax)'}
    ${http({ ...to, match: [{ headers: { cookie: { regex: '^(.*?;)?(user=jason)(;.*)?$' } } }] })} | ${undefined}
    ${http({ ...to, match: [{ sourceNamespace: 'a.b' }] })}                                        | ${'sourceNamespace match a.b is invalid'}
    ${http({ ...to, match: [{ headers: { '@request.auth.claims.sub': { exact: 'a' } } }] })}       | ${'JWT claim based routing (key: @request.auth.claims.sub) is only supported for gateway, found no gateways: []'}
    ${http({ ...to, corsPolicy: { allowMethods: ['get'] } })}                                      | ${'"get" is not a supported HTTP method'}
  `('says "$says" about $spec', ({ spec, says }) => {
    expect(verdict(spec).refusal).toBe(says);
  });

  it('lists several errors', () => {
    expect(verdict(http(split(-1), split(0, 0))).refusal).toBe(
      '2 errors occurred:\n\t* weight -1 < 0\n\t* total destination weight = 0\n\n',
    );
  });
});

const jason = { match: [{ headers: { 'end-user': { exact: 'jason' } } }], ...to };
const prefix = (prefix: string, more: object = {}) => ({ match: [{ uri: { prefix } }], ...to, ...more });

describe("istiod's warnings about a VirtualService", () => {
  it.each`
    routes                               | warnings
    ${[jason, to]}                       | ${[]}
    ${[to, jason]}                       | ${['virtualService rule #1 not used (route without matches defined before)']}
    ${[to, { ...jason, name: 'test' }]}  | ${['virtualService rule "test" not used (route without matches defined before)']}
    ${[to, to]}                          | ${['virtualService rule #1 not used (only the last rule can have no matches)']}
    ${[jason, jason, to]}                | ${['virtualService rule #1 match #0 is not used (duplicate/overlapping match in rule #0)', 'virtualService rule #1 not used (all matches used by prior rules)']}
    ${[prefix('/a'), prefix('/a/b')]}    | ${['virtualService rule #1 match #0 of prefix /a/b is not used (duplicate/overlapping match in rule #0 of prefix /a on #0)']}
    ${[prefix('/a/b'), prefix('/a')]}    | ${[]}
    ${[{ ...to, mirrorPercent: 50 }]}    | ${['using deprecated setting "mirrorPercent", use "mirrorPercentage" instead']}
    ${[{ ...to, fault: { abort: {} } }]} | ${[]}
  `('are $warnings for $routes', ({ routes, warnings }) => {
    expect(verdict(http(...routes))).toEqual({ refusal: undefined, warnings });
  });

  it('mention a large answer', () => {
    const answer = (size: number) => http({ directResponse: { status: 200, body: { string: 'x'.repeat(size) } } });

    expect(verdict(answer(100 * 1024)).warnings).toEqual([]);
    expect(verdict(answer(100 * 1024 + 1)).warnings).toEqual([
      'large direct_responses may impact control plane performance',
    ]);
  });

  it('mention a gateway name in the old format', () => {
    expect(verdict({ hosts: ['a'], gateways: ['g.ns.svc'], http: [to] }).warnings).toEqual([
      'using legacy gatewayName format "g.ns.svc"; prefer the <namespace>/<name> format: "ns/g"',
    ]);
  });

  it('are left out if it denies the object', () => {
    expect(verdict(http(to, split(0, 0)))).toEqual({ refusal: 'total destination weight = 0', warnings: [] });
  });
});

describe('istiod on a DestinationRule', () => {
  it.each`
    spec                                                                                                | says
    ${{ host: 'a', subsets: [{ name: 'v1' }, { name: 'v 3' }] }}                                        | ${'subset name is invalid: v 3'}
    ${{ host: 'a', subsets: [{ name: 'v1' }, { name: 'v1' }] }}                                         | ${'duplicate subset names: v1'}
    ${{ host: 'a', subsets: [{ name: 'v1', labels: { version: 'v 1' } }] }}                             | ${'1 error occurred:\n\t* invalid tag value: "v 1"\n\n'}
    ${{ host: 'a', trafficPolicy: {} }}                                                                 | ${'traffic policy must have at least one field'}
    ${{ host: 'a', trafficPolicy: { connectionPool: {} } }}                                             | ${'connection pool must have at least one field'}
    ${{ host: 'a', trafficPolicy: { outlierDetection: { maxEjectionPercent: 101 } } }}                  | ${'percentage 101 is not in range 0..100'}
    ${{ host: 'a', trafficPolicy: { loadBalancer: { consistentHash: { maglev: { tableSize: 4 } } } } }} | ${'tableSize must be a prime number for maglev'}
    ${{ host: '' }}                                                                                     | ${'empty domain name not allowed'}
  `('says "$says" about $spec', ({ spec, says }) => {
    expect(verdict(spec, 'DestinationRule').refusal).toBe(says);
  });
});

describe("istiod on Bookinfo's rule files", () => {
  const folder = resolve('manifests/bookinfo');

  it('finds nothing wrong', async () => {
    for (const file of await readdir(folder)) {
      for (const document of parseAllDocuments(await readFile(join(folder, file), 'utf8'))) {
        expect(istiodVerdict(document.toJS()), file).toEqual({ refusal: undefined, warnings: [] });
      }
    }
  });

  it('only warns if one route was split into two by mistake', () => {
    const misprint = parse(
      'hosts: [a]\nhttp:\n- route: [{destination: {host: a, subset: v1}, weight: 50}]\n- route: [{destination: {host: a, subset: v3}, weight: 50}]\n',
    );

    expect(verdict(misprint)).toEqual({
      refusal: undefined,
      warnings: ['virtualService rule #1 not used (only the last rule can have no matches)'],
    });
  });
});
