import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { ruleFileAccess } from '../../src/cluster/client/access.ts';
import type { ObjectContent, ObjectRef } from '../../src/domain/routing/object.ts';
import type { JsonObject } from '../../src/domain/text/json.ts';
import { NotPermittedError } from '../../src/workflow/errors.ts';
import type { Mesh } from '../../src/workflow/ports/mesh.ts';
import { changeId, revision } from '../support/builders.ts';
import { eventually } from '../support/eventually.ts';
import { clusterName, type KubeWorld, realKube, realKubeconfig } from '../support/kube.ts';
import { inNamespace, type KubernetesObject, manifests, only, render } from './kustomization.ts';

const folder = join(manifests, 'rule-files');
const weightsOnly = 'shiftbot-weights-only';
const withinNamespace = 'shiftbot-within-namespace';

describe('the overlay for rule files', () => {
  const rules = z
    .array(
      z.strictObject({ apiGroups: z.array(z.string()), resources: z.array(z.string()), verbs: z.array(z.string()) }),
    )
    .parse(only(render(folder), 'Role')['rules']);

  it('grants exactly what the code needs in addition to the base', () => {
    const granted = rules.flatMap(({ apiGroups: [group], resources, verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}.${group}`)),
    );
    const required = ruleFileAccess.flatMap(({ group, resource, verbs }) =>
      verbs.map((verb) => `${verb} ${resource}.${group}`),
    );

    expect(granted.sort()).toEqual(required.sort());
  });

  it('is for the same account and namespace, with its own name', () => {
    const [base, more] = [render(join(manifests, 'access')), render(folder)];

    expect(only(more, 'RoleBinding')['subjects']).toEqual(only(base, 'RoleBinding')['subjects']);
    expect(only(more, 'RoleBinding')['roleRef']).toMatchObject({ name: only(more, 'Role').metadata.name });
    expect(only(more, 'Role').metadata.namespace).toBe(only(base, 'Role').metadata.namespace);
    expect(only(more, 'Role').metadata.name).not.toBe(only(base, 'Role').metadata.name);
  });

  it('has its own policy for all that may be written, and takes nothing from the base but what that says', () => {
    const [all, base] = [render(join(folder, 'policy')), render(join(manifests, 'policy'))];
    const [before, after] = [policyNamed(base, weightsOnly), policyNamed(all, weightsOnly)];
    const resources = ruleFileAccess.flatMap(({ group, resource }) => [
      `${resource}.${group}`,
      `${resource}/*.${group}`,
    ]);

    expect(resourcesOf(policyNamed(all, withinNamespace)).toSorted()).toEqual(resources.toSorted());
    expect(conditionsOf(after)).toEqual([...conditionsOf(before), { name: 'without-rule-files', expression: 'false' }]);
  });

  it('denies what it cannot judge, for the same account', () => {
    const [all, base] = [render(join(folder, 'policy')), render(join(manifests, 'policy'))];
    const policy = policyNamed(all, withinNamespace);

    expect(policy['spec']).toMatchObject({
      failurePolicy: 'Fail',
      matchConditions: conditionsOf(policyNamed(base, weightsOnly)),
    });
    expect(
      all.find(({ kind, metadata }) => kind.endsWith('Binding') && metadata.name === withinNamespace),
    ).toMatchObject({
      spec: { policyName: withinNamespace, validationActions: ['Deny', 'Audit'] },
    });
  });

  function conditionsOf(policy: KubernetesObject): readonly unknown[] {
    return z.object({ matchConditions: z.array(z.unknown()) }).parse(policy['spec']).matchConditions;
  }

  function resourcesOf(policy: KubernetesObject): readonly string[] {
    const rule = z.object({ apiGroups: z.tuple([z.string()]), resources: z.array(z.string()) });
    const spec = z.object({ matchConstraints: z.object({ resourceRules: z.array(rule) }) });
    return spec
      .parse(policy['spec'])
      .matchConstraints.resourceRules.flatMap(({ apiGroups: [group], resources }) =>
        resources.map((resource) => `${resource}.${group}`),
      );
  }
});

describe.runIf(realKubeconfig)('rule files, on an API server', () => {
  let kube: KubeWorld;
  let mesh: Mesh;
  let bot: string;
  const made: string[] = [];

  beforeAll(async () => {
    kube = await realKube();
    bot = `sa:${kube.namespace}:shiftbot`;
    for (const object of render(join(manifests, 'access'))) await makeAccess(object);
    mesh = kube.mesh(bot);
    await eventually(() => kube.ask('GET', kube.path('virtualservices'), undefined, bot));
  });

  afterAll(async () => {
    for (const path of made.toReversed()) await kube.ask('DELETE', path);
    await kube.end();
  });

  it('without the overlay are refused with the missing right; with it, only the policy refuses them', async () => {
    await expect(put(service('ratings'), routing('ratings'), true)).rejects.toThrow(
      /forbids it: the bot cannot create resource "virtualservices" in API group "networking.istio.io"/,
    );
    await expect(put(service('ratings'), routing('ratings'), true)).rejects.toThrow(NotPermittedError);

    for (const object of render(folder)) await makeAccess(object);
    for (const object of render(join(manifests, 'policy'))) await makePolicy(object);
    await kube.create(
      stringify({ kind: 'VirtualService', metadata: { name: 'reviews' }, spec: routing('reviews').spec }),
    );
    await eventually(() =>
      expect(
        put(service('reviews'), { spec: { hosts: ['reviews'], http: [...rule('reviews'), ...rule('reviews')] } }, true),
      ).rejects.toThrow(/denied request: shiftbot may change only weights/),
    );
  });

  it('with the overlay and its policy can be created, replaced and deleted by the bot’s account', async () => {
    await takePolicyPlace();

    await expect(put(service('ratings'), routing('ratings'))).resolves.toMatchObject({ kind: 'written' });
    await expect(put(destination('ratings'), versions('ratings'))).resolves.toMatchObject({ kind: 'written' });
    await expect(put(destination('ratings'), versions('ratings', 'v1', 'v2'))).resolves.toMatchObject({
      kind: 'written',
    });
    await expect(
      put(service('reviews'), {
        labels: { team: 'books' },
        spec: { hosts: ['reviews'], http: [...pinned, ...rule('reviews')] },
      }),
    ).resolves.toMatchObject({ kind: 'written' });
    await expect(put(service('ratings'), undefined)).resolves.toMatchObject({ kind: 'written' });
    await expect(put(destination('ratings'), undefined)).resolves.toMatchObject({ kind: 'written' });

    expect((await kube.get('reviews')).spec).toEqual({ hosts: ['reviews'], http: [...pinned, ...rule('reviews')] });
  });

  it.each`
    what                                      | spec
    ${'sends to a host of another namespace'} | ${{ hosts: ['reviews'], http: rule('reviews.evil.svc.cluster.local') }}
    ${'sends out of the cluster'}             | ${{ hosts: ['reviews'], http: rule('evil.example.com') }}
    ${'sends TCP out'}                        | ${{ hosts: ['reviews'], tcp: [{ route: [{ destination: { host: 'evil.example.com' } }] }] }}
    ${'mirrors out'}                          | ${{ hosts: ['reviews'], http: rule('reviews', { mirror: { host: 'evil.example.com' } }) }}
    ${'mirrors out with the field mirrors'}   | ${{ hosts: ['reviews'], http: rule('reviews', { mirrors: [{ destination: { host: 'evil.example.com' } }] }) }}
    ${'takes a host of another namespace'}    | ${{ hosts: ['reviews.evil.svc.cluster.local'], http: rule('reviews') }}
    ${'takes every host'}                     | ${{ hosts: ['*'], gateways: ['mesh'], http: rule('reviews') }}
    ${'opens another gateway'}                | ${{ hosts: ['reviews'], gateways: ['public'], http: rule('reviews') }}
    ${'delegates to another namespace'}       | ${{ hosts: ['reviews'], http: [{ delegate: { name: 'x', namespace: 'evil' } }] }}
    ${'redirects to another authority'}       | ${{ hosts: ['reviews'], http: [{ redirect: { authority: 'evil.example.com' } }] }}
    ${'takes an IPv6 address'}                | ${{ hosts: ['fd00::1'], http: rule('reviews') }}
    ${'answers with a page'}                  | ${{ hosts: ['reviews'], http: [{ directResponse: { status: 200, body: { string: '<script src=//evil.example.com>' } } }] }}
    ${'sends browsers elsewhere'}             | ${{ hosts: ['reviews'], http: [{ directResponse: { status: 301 }, headers: { response: { set: { location: 'https://evil.example.com' } } } }] }}
    ${'refreshes elsewhere'}                  | ${{ hosts: ['reviews'], http: rule('reviews', { headers: { response: { add: { Refresh: '0; url=//evil.example.com' } } } }) }}
    ${'sets a cookie'}                        | ${{ hosts: ['reviews'], http: rule('reviews', { headers: { response: { set: { 'Set-Cookie': 'session=evil' } } } }) }}
    ${'sets it at a destination'}             | ${{ hosts: ['reviews'], http: [{ route: [{ destination: { host: 'reviews' }, headers: { response: { set: { 'set-cookie': 'a=b' } } } }] }] }}
    ${'names another server for later'}       | ${{ hosts: ['reviews'], http: rule('reviews', { headers: { response: { set: { 'alt-svc': 'h3="evil.example.com:443"' } } } }) }}
    ${'takes a protection away'}              | ${{ hosts: ['reviews'], http: rule('reviews', { headers: { response: { remove: ['content-security-policy'] } } }) }}
    ${'lets any page read the answers'}       | ${{ hosts: ['reviews'], http: rule('reviews', { corsPolicy: { allowOrigins: [{ regex: '.*' }], allowCredentials: true } }) }}
    ${'is exported to all'}                   | ${{ hosts: ['reviews'], exportTo: ['*'], http: rule('reviews') }}
  `('with an object that $what are denied to the bot, and to nobody else', async ({ spec }) => {
    const before = await kube.get('reviews');
    const patch = [{ op: 'replace', path: '/spec', value: spec }];
    const path = `${kube.path('virtualservices')}/reviews?dryRun=All`;

    await expect(kube.ask('PATCH', path, patch, bot)).rejects.toThrow(denial);
    await expect(create(spec, bot)).rejects.toThrow(denial);

    await expect(create(spec)).resolves.toBeDefined();
    expect(await kube.get('reviews')).toEqual(before);
  });

  it.each`
    what                                 | path                           | value
    ${'a finalizer'}                     | ${'/metadata/finalizers'}      | ${['example.com/never']}
    ${'an owner'}                        | ${'/metadata/ownerReferences'} | ${[{ apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: '1' }]}
    ${'a control plane of Istio’s'}      | ${'/metadata/labels'}          | ${{ 'istio.io/rev': 'evil' }}
    ${'an application of Argo’s'}        | ${'/metadata/labels'}          | ${{ 'argocd.argoproj.io/instance': 'evil' }}
    ${'a name in the DNS of the public'} | ${'/metadata/annotations'}     | ${{ 'external-dns.alpha.kubernetes.io/hostname': 'evil.example.com' }}
    ${'nobody who wrote its fields'}     | ${'/metadata/managedFields'}   | ${[{}]}
  `('cannot give an object $what', async ({ path, value }) => {
    const one = `${kube.path('virtualservices')}/reviews?dryRun=All`;

    await expect(kube.ask('PATCH', one, [{ op: 'add', path, value }], bot)).rejects.toThrow(denial);
  });

  it.each`
    what                                     | spec
    ${'goes through a tunnel'}               | ${{ host: 'reviews', trafficPolicy: { tunnel: { protocol: 'CONNECT', targetHost: 'evil.example.com', targetPort: 443 } } }}
    ${'goes through one for a port'}         | ${{ host: 'reviews', trafficPolicy: { portLevelSettings: [{ port: { number: 80 }, tls: { mode: 'SIMPLE', sni: 'evil.example.com' } }] } }}
    ${'is shown another name'}               | ${{ host: 'reviews', trafficPolicy: { tls: { mode: 'SIMPLE', sni: 'evil.example.com' } } }}
    ${'is sent in the clear'}                | ${{ host: 'reviews', trafficPolicy: { tls: { mode: 'DISABLE' } } }}
    ${'is sent in the clear by one version'} | ${{ host: 'reviews', subsets: [{ name: 'v1', trafficPolicy: { tls: { mode: 'DISABLE' } } }] }}
    ${'trusts everybody'}                    | ${{ host: 'reviews', trafficPolicy: { tls: { mode: 'SIMPLE', insecureSkipVerify: true } } }}
    ${'is of an IPv6 address'}               | ${{ host: 'fd00::1' }}
    ${'is of another namespace'}             | ${{ host: 'reviews.evil.svc.cluster.local' }}
  `('do not let it make a DestinationRule by which traffic $what', async ({ spec }) => {
    const body = { apiVersion: 'networking.istio.io/v1', kind: 'DestinationRule', metadata: { name: 'made' }, spec };
    const path = `${kube.path('destinationrules')}?dryRun=All`;

    await expect(kube.ask('POST', path, body, bot)).rejects.toThrow(denial);
    await expect(kube.ask('POST', path, body)).resolves.toBeDefined();
  });

  it('let it keep what an operator set: encryption, a tunnel, cookies, origins, an answer, labels of others', async () => {
    const tls = { mode: 'SIMPLE', sni: 'reviews.example.com' };
    const tunnel = { protocol: 'CONNECT', targetHost: 'proxy.example.com', targetPort: 443 };
    const kept = { host: 'kept', trafficPolicy: { tls, tunnel } };
    await kube.create(stringify({ kind: 'DestinationRule', metadata: { name: 'kept' }, spec: kept }));
    const http = [
      { match: [{ uri: { exact: '/down' } }], directResponse: { status: 503, body: { string: 'later' } } },
      ...rule('kept', {
        headers: { response: { set: { 'set-cookie': 'a=b', 'x-version': 'v1' } } },
        corsPolicy: { allowOrigins: [{ exact: 'https://shop.example.com' }] },
      }),
    ];
    const labels = { 'istio.io/rev': 'stable' };
    await kube.create(
      stringify({ kind: 'VirtualService', metadata: { name: 'kept', labels }, spec: { hosts: ['kept'], http } }),
    );

    await expect(
      put(destination('kept'), { spec: { ...kept, subsets: [{ name: 'v1', labels: { version: 'v1' } }] } }),
    ).resolves.toMatchObject({ kind: 'written' });
    await expect(
      put(service('kept'), {
        labels: { ...labels, team: 'books' },
        spec: { hosts: ['kept'], http: [...pinned, ...http] },
      }),
    ).resolves.toMatchObject({ kind: 'written' });
  });

  it('let it set a header of one’s own, mutual TLS of Istio’s, and answer with a status alone', async () => {
    const http = [
      { match: [{ uri: { exact: '/down' } }], directResponse: { status: 503 } },
      ...rule('fresh', { headers: { response: { set: { 'x-version': 'v1' }, remove: ['x-debug'] } } }),
    ];
    const trafficPolicy = { tls: { mode: 'ISTIO_MUTUAL' } };

    await expect(put(service('fresh'), { spec: { hosts: ['fresh'], http } })).resolves.toMatchObject({
      kind: 'written',
    });
    await expect(put(destination('fresh'), { spec: { host: 'fresh', trafficPolicy } })).resolves.toMatchObject({
      kind: 'written',
    });
  });

  it('do not let it open an object of a gateway to the mesh', async () => {
    const spec = { hosts: ['reviews'], gateways: ['public'], exportTo: ['.'], http: rule('reviews') };
    await kube.create(stringify({ kind: 'VirtualService', metadata: { name: 'gated' }, spec }));
    const path = `${kube.path('virtualservices')}/gated?dryRun=All`;

    for (const operation of [
      { op: 'remove', path: '/spec/gateways' },
      { op: 'add', path: '/spec/gateways/-', value: 'mesh' },
      { op: 'remove', path: '/spec/exportTo' },
    ])
      await expect(kube.ask('PATCH', path, [operation], bot)).rejects.toThrow(denial);
  });

  it('let the bot’s account create and delete an HTTPRoute between Services of the namespace', async () => {
    await expect(put(httpRoute('fresh'), { spec: between('fresh', ['fresh-v1', 'fresh-v2']) })).resolves.toMatchObject({
      kind: 'written',
    });
    await expect(put(httpRoute('fresh'), undefined)).resolves.toMatchObject({ kind: 'written' });
  });

  it.each`
    what                                        | spec
    ${'is bound to a Gateway'}                  | ${{ ...between('a', ['b']), parentRefs: [{ name: 'edge' }] }}
    ${'is bound to a Service elsewhere'}        | ${{ ...between('a', ['b']), parentRefs: [{ group: '', kind: 'Service', name: 'a', namespace: 'evil' }] }}
    ${'is bound to nothing'}                    | ${{ rules: between('a', ['b'])['rules'] ?? [] }}
    ${'sends to another namespace'}             | ${{ ...between('a', []), rules: [{ backendRefs: [{ name: 'b', namespace: 'evil', port: 80 }] }] }}
    ${'sets a cookie'}                          | ${{ ...between('a', []), rules: [filtered({ type: 'ResponseHeaderModifier', responseHeaderModifier: { set: [{ name: 'Set-Cookie', value: 'a=b' }] } })] }}
    ${'takes a protection away'}                | ${{ ...between('a', []), rules: [filtered({ type: 'ResponseHeaderModifier', responseHeaderModifier: { remove: ['content-security-policy'] } })] }}
    ${'redirects elsewhere'}                    | ${{ ...between('a', []), rules: [{ filters: [{ type: 'RequestRedirect', requestRedirect: { hostname: 'evil.example.com' } }] }] }}
    ${'copies what it sends to one of its own'} | ${{ ...between('a', []), rules: [{ backendRefs: [{ name: 'b', port: 80, filters: [{ type: 'RequestMirror', requestMirror: { backendRef: { name: 'c', namespace: 'evil', port: 80 } } }] }] }] }}
  `('do not let it create an HTTPRoute that $what', async ({ spec }) => {
    const body = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', metadata: { name: 'made' }, spec };
    const path = `/apis/gateway.networking.k8s.io/v1/namespaces/${kube.namespace}/httproutes?dryRun=All`;

    await expect(kube.ask('POST', path, body, bot)).rejects.toThrow(denial);
    await expect(kube.ask('POST', path, body)).resolves.toBeDefined();
  });

  it('let it write an HTTPRoute that an operator bound to a Gateway, and keep what leads out of the namespace', async () => {
    await kube.create(stringify({ kind: 'HTTPRoute', metadata: { name: 'edge' }, spec: atTheEdge }));
    const timeouts = { request: '3s' };
    const rules = [
      { ...ruleAtTheEdge, timeouts },
      { backendRefs: [...backendsAtTheEdge, { name: 'reviews-v2', port: 80 }] },
    ];

    await expect(put(httpRoute('edge'), { spec: { ...atTheEdge, rules } })).resolves.toMatchObject({ kind: 'written' });
    await expect(put(httpRoute('edge'), { spec: atTheEdge })).resolves.toMatchObject({ kind: 'written' });
  });

  it.each`
    what                               | spec
    ${'another Gateway'}               | ${{ ...atTheEdge, parentRefs: [{ name: 'public' }] }}
    ${'another host'}                  | ${{ ...atTheEdge, hostnames: ['shop.example.com', 'bank.example.com'] }}
    ${'every host'}                    | ${{ parentRefs: atTheEdge['parentRefs'] ?? [], rules: atTheEdge['rules'] ?? [] }}
    ${'its redirect for all'}          | ${{ ...atTheEdge, rules: [{ ...ruleAtTheEdge, matches: [{ path: { type: 'PathPrefix', value: '/' } }] }] }}
    ${'its backend elsewhere for /x'}  | ${{ ...atTheEdge, rules: [{ matches: [{ path: { type: 'PathPrefix', value: '/x' } }], backendRefs: backendsAtTheEdge }] }}
    ${'a Service of another group'}    | ${{ ...atTheEdge, rules: [{ backendRefs: [{ group: 'example.com', kind: 'Service', name: 'b', port: 80 }] }] }}
    ${'a parent of another group'}     | ${{ ...atTheEdge, parentRefs: [{ group: 'example.com', kind: 'Service', name: 'b', port: 80 }] }}
    ${'a backend elsewhere'}           | ${{ ...atTheEdge, rules: [{ backendRefs: [{ name: 'b', namespace: 'evil', port: 80 }] }] }}
    ${'a redirect elsewhere'}          | ${{ ...atTheEdge, rules: [filtered({ type: 'RequestRedirect', requestRedirect: { hostname: 'evil.example.com' } })] }}
    ${'another host for its backends'} | ${{ ...atTheEdge, rules: [filtered({ type: 'URLRewrite', urlRewrite: { hostname: 'evil.example.com' } })] }}
    ${'a copy for elsewhere'}          | ${{ ...atTheEdge, rules: [filtered({ type: 'RequestMirror', requestMirror: { backendRef: { name: 'c', namespace: 'evil', port: 80 } } })] }}
    ${'a filter of who knows what'}    | ${{ ...atTheEdge, rules: [filtered({ type: 'ExtensionRef', extensionRef: { group: 'example.com', kind: 'Filter', name: 'x' } })] }}
  `('do not let it give that HTTPRoute $what', async ({ spec }) => {
    const path = `${kube.pathOf('HTTPRoute')}/edge?dryRun=All`;
    const patch = [{ op: 'replace', path: '/spec', value: spec }];

    await expect(kube.ask('PATCH', path, patch, bot)).rejects.toThrow(denial);
    await expect(kube.ask('PATCH', path, patch)).resolves.toBeDefined();
  });

  it('let it write objects of Consul that are there, and create none', async () => {
    await kube.create(stringify({ kind: 'ServiceResolver', metadata: { name: 'reviews' }, spec: subsets('v1') }));
    await kube.create(stringify({ kind: 'ServiceSplitter', metadata: { name: 'reviews' }, spec: splits({ v1: 100 }) }));
    const ofConsul = (kind: ObjectRef['kind'], name: string) => ({ ...service(name), kind });

    await expect(put(ofConsul('ServiceResolver', 'reviews'), { spec: subsets('v1', 'v2') })).resolves.toMatchObject({
      kind: 'written',
    });
    await expect(
      put(ofConsul('ServiceSplitter', 'reviews'), { spec: splits({ v1: 50, v2: 50 }) }),
    ).resolves.toMatchObject({ kind: 'written' });
    for (const [kind, spec] of [
      ['ServiceResolver', subsets('v1')],
      ['ServiceSplitter', splits({ v1: 100 })],
    ] as const)
      await expect(put(ofConsul(kind, 'ratings'), { spec })).rejects.toThrow(/a new object of Consul holds in all/);
  });

  it.each`
    what                               | kind                 | spec
    ${'sends to another service'}      | ${'ServiceSplitter'} | ${{ splits: [{ weight: 100, service: 'evil' }] }}
    ${'sends to another namespace'}    | ${'ServiceSplitter'} | ${{ splits: [{ weight: 100, namespace: 'evil' }] }}
    ${'is another service altogether'} | ${'ServiceResolver'} | ${{ redirect: { service: 'evil' } }}
    ${'falls back to another service'} | ${'ServiceResolver'} | ${{ ...subsets('v1'), failover: { '*': { service: 'evil' } } }}
  `('do not let it make a $kind that $what', async ({ kind, spec }) => {
    const path = `${kube.pathOf(kind)}/reviews?dryRun=All`;
    const patch = [{ op: 'replace', path: '/spec', value: spec }];

    await expect(kube.ask('PATCH', path, patch, bot)).rejects.toThrow(denial);
    await expect(kube.ask('PATCH', path, patch)).resolves.toBeDefined();
  });

  it('keep the gateway and the host of another namespace that an operator set', async () => {
    const spec = { hosts: ['shop.example.com'], gateways: ['mesh', 'public'], http: rule('reviews') };
    await kube.create(stringify({ kind: 'VirtualService', metadata: { name: 'shop' }, spec }));

    await expect(
      put(service('shop'), { spec: { ...spec, http: [...pinned, ...rule('reviews')] } }),
    ).resolves.toMatchObject({
      kind: 'written',
    });
  });

  it.each([
    ['without hosts, which is a delegate', { http: rule('reviews') }],
    ['with a destination elsewhere', { hosts: ['far'], http: rule('far.example.com') }],
    ['with a mirror elsewhere', { hosts: ['far'], http: rule('reviews', { mirror: { host: 'far.example.com' } }) }],
    [
      'with another namespace’s delegate',
      {
        hosts: ['far'],
        http: [{ match: [{ uri: { exact: '/x' } }], delegate: { name: 'x', namespace: 'y' } }, ...rule('far')],
      },
    ],
    [
      'with a redirect elsewhere',
      {
        hosts: ['far'],
        http: [{ match: [{ uri: { exact: '/x' } }], redirect: { authority: 'far.example.com' } }, ...rule('far')],
      },
    ],
  ])('let the bot set the weights of an object %s', async (_, spec) => {
    const name = `far-${made.length}-${Object.keys(spec).length}-${JSON.stringify(spec).length}`;
    await kube.create(stringify({ kind: 'VirtualService', metadata: { name }, spec }));
    const at = spec.http.length - 1;
    const weight = [{ op: 'add', path: `/spec/http/${at}/route/0/weight`, value: 100 }];

    await kube.ask('PATCH', `${kube.path('virtualservices')}/${name}`, weight, bot);

    expect((await kube.get(name)).spec).toMatchObject({ http: { [at]: { route: [{ weight: 100 }] } } });
  });

  it.each([
    [
      'its destination elsewhere for all',
      [{ match: [{ uri: { prefix: '/legacy' } }], route: rule('a')[0]?.['route'] ?? [] }, ...rule('far.example.com')],
    ],
    ['its redirect for all', [{ redirect: { authority: 'far.example.com' } }]],
    ['the mesh', undefined],
    ['everybody', 'exportTo'],
  ] as const)('do not let it give an object of the gateway %s', async (_, what) => {
    const name = `gate-${made.length}-${String(what).length}-${JSON.stringify(what ?? 0).length}`;
    const spec = {
      hosts: ['shop.example.com'],
      gateways: ['public'],
      exportTo: ['.'],
      http: [
        { match: [{ uri: { prefix: '/legacy' } }], ...rule('far.example.com')[0] },
        { match: [{ uri: { prefix: '/old' } }], redirect: { authority: 'far.example.com' } },
        ...rule('reviews'),
      ],
    };
    await kube.create(stringify({ kind: 'VirtualService', metadata: { name }, spec }));
    const path = `${kube.path('virtualservices')}/${name}?dryRun=All`;
    const replaced = (value: object) => [{ op: 'replace', path: '/spec', value }];
    const { exportTo: __, ...exported } = spec;
    const { gateways: ___, ...ofTheMesh } = spec;
    const patch =
      what === undefined
        ? replaced(ofTheMesh)
        : what === 'exportTo'
          ? replaced(exported)
          : replaced({ ...spec, http: what });

    await expect(kube.ask('PATCH', path, patch, bot)).rejects.toThrow(denial);
    await expect(kube.ask('PATCH', path, patch)).resolves.toBeDefined();
  });

  it('are judged within the cost limit of the API server, also two hundred rules that each set a cookie', async () => {
    const http = Array.from({ length: 200 }, (_, at) => ({
      match: [{ uri: { prefix: `/p${at}` }, headers: { 'end-user': { exact: `u${at}` } } }],
      headers: { response: { set: { 'set-cookie': `at=${at}` } } },
      corsPolicy: { allowOrigins: [{ exact: 'https://shop.example.com' }] },
      ...rule('far.example.com')[0],
    }));
    await kube.create(
      stringify({ kind: 'VirtualService', metadata: { name: 'long' }, spec: { hosts: ['long'], http } }),
    );
    const path = `${kube.path('virtualservices')}/long`;
    const weight = [{ op: 'add', path: '/spec/http/199/route/0/weight', value: 100 }];
    const cookie = [{ op: 'replace', path: '/spec/http/199/headers/response/set/set-cookie', value: 'session=evil' }];

    await expect(kube.ask('PATCH', path, weight, bot)).resolves.toBeDefined();
    await expect(kube.ask('PATCH', path, cookie, bot)).rejects.toThrow(denial);
  });

  it('do not let it make every host of a delegate', async () => {
    await kube.create(
      stringify({ kind: 'VirtualService', metadata: { name: 'handed' }, spec: { http: rule('reviews') } }),
    );
    const patch = [{ op: 'add', path: '/spec/hosts', value: ['*'] }];

    await expect(kube.ask('PATCH', `${kube.path('virtualservices')}/handed?dryRun=All`, patch, bot)).rejects.toThrow(
      denial,
    );
    await expect(create({ hosts: [], http: rule('reviews') }, bot)).rejects.toThrow(denial);
  });

  const denial =
    /ValidatingAdmissionPolicy '.*' denied request: shiftbot may change only what stays within the namespace/;

  function create(spec: object, token?: string): Promise<unknown> {
    const body = { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name: 'made' }, spec };
    return kube.ask('POST', `${kube.path('virtualservices')}?dryRun=All`, body, token);
  }

  async function put(ref: ObjectRef, content: ObjectContent | undefined, dryRun = false) {
    const { write } = await mesh.open({ ...ref, namespace: kube.namespace });
    return write({ kind: 'content', content }, revision({ id: changeId(7), does: 'apply x' }), { dryRun });
  }

  async function takePolicyPlace(): Promise<void> {
    const weights = ownNamed(policyNamed(render(join(folder, 'policy')), weightsOnly));
    const path = `/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/${weights.metadata.name}`;
    await kube.ask('PATCH', path, [{ op: 'replace', path: '/spec', value: weights['spec'] }]);
    for (const object of render(join(folder, 'policy')))
      if (object.metadata.name === withinNamespace) await makePolicy(object);
    await eventually(() => expect(create({ hosts: ['*'], http: rule('reviews') }, bot)).rejects.toThrow(denial));
    const changed = { spec: { hosts: ['reviews'], http: [...pinned, ...rule('reviews')] } };
    await eventually(() => put(service('reviews'), changed, true));
  }

  async function makeAccess(object: KubernetesObject): Promise<void> {
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${kube.namespace}/${object.kind.toLowerCase()}s`;
    const subjects = [{ kind: 'ServiceAccount', name: 'shiftbot', namespace: kube.namespace }];
    const own = inNamespace(object, kube.namespace);
    await make(rbac, object.kind === 'RoleBinding' ? { ...own, subjects } : own);
  }

  async function makePolicy(object: KubernetesObject): Promise<void> {
    const plural = object.kind === 'ValidatingAdmissionPolicy' ? 'policies' : 'policybindings';
    await make(`/apis/admissionregistration.k8s.io/v1/validatingadmission${plural}`, ownNamed(object));
  }

  /** For the account of this run, and with its own name, because these objects are cluster-wide. */
  function ownNamed(object: KubernetesObject): KubernetesObject {
    const own = JSON.stringify(object)
      .replaceAll(new RegExp(`${weightsOnly}|${withinNamespace}`, 'g'), `$&-${kube.namespace}`)
      .replaceAll('system:serviceaccount:shiftbot:shiftbot', `system:serviceaccount:${kube.namespace}:shiftbot`);
    return JSON.parse(own);
  }

  async function make(path: string, object: KubernetesObject): Promise<void> {
    await kube.ask('POST', path, object);
    made.push(`${path}/${object.metadata.name}`);
  }
});

const ruleAtTheEdge = {
  filters: [{ type: 'RequestRedirect', requestRedirect: { hostname: 'old.example.com' } }],
  matches: [{ path: { type: 'PathPrefix', value: '/old' } }],
};

const backendsAtTheEdge = [{ group: '', kind: 'Service', name: 'reviews', namespace: 'platform', port: 80, weight: 1 }];

/** As an operator wrote it: bound to a Gateway, for a host of the world, with a backend of another namespace. */
const atTheEdge: JsonObject = {
  parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'edge' }],
  hostnames: ['shop.example.com'],
  rules: [ruleAtTheEdge, { backendRefs: backendsAtTheEdge }],
};

function filtered(filter: JsonObject): JsonObject {
  return { filters: [filter], ...(filter['type'] !== 'RequestRedirect' && { backendRefs: [{ name: 'b', port: 80 }] }) };
}

function subsets(...names: readonly string[]): JsonObject {
  return { subsets: Object.fromEntries(names.map((name) => [name, { filter: `Service.Meta.version == ${name}` }])) };
}

function splits(weights: Readonly<Record<string, number>>): JsonObject {
  return { splits: Object.entries(weights).map(([serviceSubset, weight]) => ({ weight, serviceSubset })) };
}

const pinned = [
  {
    match: [{ headers: { 'end-user': { exact: 'jason' } } }],
    route: [{ destination: { host: 'reviews', subset: 'v2' } }],
  },
];

function rule(host: string, more: JsonObject = {}): JsonObject[] {
  return [{ route: [{ destination: { host, subset: 'v1' } }], ...more }];
}

function routing(name: string): ObjectContent {
  return { spec: { hosts: [name], http: [{ route: [{ destination: { host: name, subset: 'v1' } }] }] } };
}

function versions(host: string, ...names: readonly string[]): ObjectContent {
  return { spec: { host, subsets: names.map((name) => ({ name, labels: { version: name } })) } };
}

function service(name: string): ObjectRef {
  return { cluster: clusterName, kind: 'VirtualService', namespace: '', name };
}

function httpRoute(name: string): ObjectRef {
  return { cluster: clusterName, kind: 'HTTPRoute', namespace: '', name };
}

function between(service: string, backends: readonly string[]): JsonObject {
  return {
    parentRefs: [{ group: '', kind: 'Service', name: service, port: 80 }],
    rules: [{ backendRefs: backends.map((name) => ({ name, port: 80 })) }],
  };
}

function destination(name: string): ObjectRef {
  return { cluster: clusterName, kind: 'DestinationRule', namespace: '', name };
}

function policyNamed(all: readonly KubernetesObject[], name: string): KubernetesObject {
  const found = all.find(({ kind, metadata }) => kind === 'ValidatingAdmissionPolicy' && metadata.name === name);
  if (found === undefined) throw new Error(`no policy ${name}`);
  return found;
}
