import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { requiredAccess } from '../../src/cluster/client/access.ts';
import { ledgerAnnotation } from '../../src/domain/routing/ledger.ts';
import type { Split } from '../../src/domain/routing/split.ts';
import type { Mesh, Written } from '../../src/workflow/ports/mesh.ts';
import { changeId, reviewsObject, revision } from '../support/builders.ts';
import { eventually } from '../support/eventually.ts';
import { clusterName, type KubeWorld, realKube, realKubeconfig } from '../support/kube.ts';
import { inNamespace, manifests, only, render } from './kustomization.ts';

const folder = join(manifests, 'policy');
const strings = z.array(z.string());
const policySchema = z.object({
  failurePolicy: z.string(),
  matchConstraints: z.strictObject({
    resourceRules: z.array(
      z.strictObject({ apiGroups: strings, apiVersions: strings, operations: strings, resources: strings }),
    ),
  }),
  matchConditions: z.tuple([z.strictObject({ name: z.string(), expression: z.string() })]),
  validations: z.array(z.strictObject({ message: z.string(), expression: z.string() })),
});

describe('the admission policy', () => {
  const objects = render(folder);
  const policy = policySchema.parse(only(objects, 'ValidatingAdmissionPolicy')['spec']);
  const binding = only(objects, 'ValidatingAdmissionPolicyBinding');

  it('applies only to the account of the Deployment', () => {
    const bot = render(join(manifests, 'base'));
    const { namespace } = only(bot, 'Deployment').metadata;
    const { serviceAccountName } = z
      .object({ template: z.object({ spec: z.object({ serviceAccountName: z.string() }) }) })
      .parse(only(bot, 'Deployment')['spec']).template.spec;

    expect(policy.matchConditions[0].expression).toBe(
      `request.userInfo.username == 'system:serviceaccount:${namespace}:${serviceAccountName}'`,
    );
  });

  it('covers every version of every kind that a shift writes, and their subresources', () => {
    expect(policy.matchConstraints.resourceRules).toEqual([
      changesOf('networking.istio.io', 'virtualservices'),
      changesOf('gateway.networking.k8s.io', 'httproutes', 'grpcroutes', 'tcproutes', 'tlsroutes'),
      changesOf('consul.hashicorp.com', 'servicesplitters'),
    ]);
    const patched = requiredAccess.filter(({ verbs }) => verbs.some((verb) => verb === 'patch'));
    expect(policy.matchConstraints.resourceRules.flatMap(({ resources }) => resources)).toEqual(
      patched.flatMap(({ resource }) => [resource, `${resource}/*`]),
    );
  });

  it('denies what it cannot judge', () => {
    expect(policy.failurePolicy).toBe('Fail');
    expect(binding).toMatchObject({
      spec: {
        policyName: only(objects, 'ValidatingAdmissionPolicy').metadata.name,
        validationActions: ['Deny', 'Audit'],
      },
    });
    expect(binding['spec']).not.toHaveProperty('matchResources');
  });

  it('says in each denial what may be changed, with the name of the annotation', () => {
    for (const { message } of policy.validations)
      expect(message).toContain(
        `only weights, destinations added beside others of their host, and the annotation ${ledgerAnnotation};`,
      );
  });

  it('has only cluster-wide objects', () => {
    expect(objects.map(({ kind, metadata }) => [kind, metadata.namespace])).toEqual([
      ['ValidatingAdmissionPolicy', undefined],
      ['ValidatingAdmissionPolicyBinding', undefined],
    ]);
  });

  function changesOf(group: string, ...plurals: readonly string[]): unknown {
    const resources = plurals.flatMap((plural) => [plural, `${plural}/*`]);
    return { apiGroups: [group], apiVersions: ['*'], operations: ['UPDATE'], resources };
  }
});

describe.runIf(realKubeconfig)('the admission policy, on an API server', () => {
  let kube: KubeWorld;
  let mesh: Mesh;
  let bot: string;
  const made: string[] = [];

  beforeAll(async () => {
    kube = await realKube();
    bot = kube.token('shiftbot');
    await grantAccess();
    await applyPolicy();
    await kube.create(stringify({ kind: 'DestinationRule', metadata: { name: 'reviews' }, spec: reviewsVersions }));
    await kube.create(stringify(virtualService('reviews', [ruleOf({ v1: 100 })])));
    await kube.create(stringify(virtualService('ratings', ratingsRules)));
    await make(httpRoutes(), httpRoute());
    mesh = kube.mesh(bot);
    const attempt = [{ op: 'replace', path: '/spec/hosts', value: ['elsewhere'] }];
    await eventually(() => expect(patch('ratings', attempt, bot, 'dryRun=All')).rejects.toThrow(denial));
  });

  afterAll(async () => {
    for (const path of made.toReversed()) await kube.ask('DELETE', path);
    await kube.end();
  });

  it('lets the bot add a destination, shift again, roll back and make a dry run', async () => {
    const shifted = await shift({ v1: 60, v3: 40 }, 1);
    const again = await shift({ v1: 20, v3: 80 }, 2);
    const rolledBack = await shift({ v1: 60, v3: 40 }, 3);
    const tried = await shift({ v1: 50, v3: 25, v2: 25 }, 4, true);

    expect([shifted, again, rolledBack, tried]).toMatchObject([
      { kind: 'written', seq: 1, splits: [{ split: { v1: 60, v3: 40 } }] },
      { kind: 'written', seq: 2, splits: [{ split: { v1: 20, v3: 80 } }] },
      { kind: 'written', seq: 3, splits: [{ split: { v1: 60, v3: 40 } }] },
      { kind: 'written', seq: 4, splits: [{ split: { v1: 50, v3: 25, v2: 25 } }] },
    ]);
    expect((await kube.get('reviews')).spec).toEqual({
      ...virtualService('reviews', []).spec,
      http: [ruleOf({ v1: 60, v3: 40 })],
    });
  });

  it('tells the bot what is wrong when it asks for more, in words for people', async () => {
    const elsewhere = [{ op: 'replace' as const, path: '/spec/hosts', value: ['elsewhere'] }];
    const resource = { group: 'networking.istio.io', version: 'v1', plural: 'virtualservices' };

    const asked = kube.client(bot).patch(resource, kube.namespace, 'ratings', elsewhere, false);

    await expect(asked).rejects.toThrow(
      /ValidatingAdmissionPolicy .* denied request: shiftbot may change only weights/,
    );
  });

  const destination = '/spec/http/1/route/0';
  const route = '/spec/http/1/route';
  const beside = { host: 'ratings', port: { number: 9080 } };

  it.each`
    what                                     | patch
    ${'sets a weight'}                       | ${[replace(`${destination}/weight`, 60), replace(`${route}/1/weight`, 40)]}
    ${'gives a weight where there was none'} | ${[add('/spec/http/0/route/0/weight', 100)]}
    ${'removes a weight'}                    | ${[remove(`${destination}/weight`)]}
    ${'adds a destination of the same host'} | ${[add(`${route}/-`, { destination: { ...beside, subset: 'v3' }, weight: 5 })]}
    ${'adds two'}                            | ${['v3', 'v4'].map((subset) => add(`${route}/-`, { destination: { ...beside, subset }, weight: 5 }))}
    ${'writes its record'}                   | ${[add('/metadata/annotations/shiftbot.dev~1history', '{}')]}
    ${'changes nothing at all'}              | ${[]}
  `('allows a patch that $what', async ({ patch: operations }) => {
    await expect(patch('ratings', operations, bot, 'dryRun=All')).resolves.toBeDefined();
  });

  it.each`
    what                                             | patch
    ${'another host'}                                | ${[replace(`${destination}/destination/host`, 'evil')]}
    ${'another subset'}                              | ${[replace(`${destination}/destination/subset`, 'v3')]}
    ${'no subset'}                                   | ${[remove(`${destination}/destination/subset`)]}
    ${'another port'}                                | ${[replace(`${destination}/destination/port/number`, 9090)]}
    ${'no port'}                                     | ${[remove(`${destination}/destination/port`)]}
    ${'a port where there was none'}                 | ${[add('/spec/http/0/route/0/destination/port', { number: 9090 })]}
    ${'one destination less'}                        | ${[remove(`${route}/1`)]}
    ${'the destinations in another order'}           | ${[{ op: 'move', from: `${route}/1`, path: destination }]}
    ${'a destination before the others'}             | ${[add(destination, { destination: { ...beside, subset: 'v3' }, weight: 5 })]}
    ${'headers at a destination'}                    | ${[add(`${destination}/headers`, { request: { set: { cookie: 'x' } } })]}
    ${'a new destination with another host'}         | ${[add(`${route}/-`, { destination: { ...beside, host: 'evil', subset: 'v3' }, weight: 5 })]}
    ${"a new destination with the host's long name"} | ${[add(`${route}/-`, { destination: { ...beside, host: 'ratings.evil.svc.cluster.local', subset: 'v3' } })]}
    ${'a new destination with another port'}         | ${[add(`${route}/-`, { destination: { ...beside, port: { number: 9090 }, subset: 'v3' }, weight: 5 })]}
    ${'a new destination without the port'}          | ${[add(`${route}/-`, { destination: { host: 'ratings', subset: 'v3' }, weight: 5 })]}
    ${'a new destination with headers'}              | ${[add(`${route}/-`, { destination: { ...beside, subset: 'v3' }, headers: { response: { remove: ['x'] } } })]}
    ${'a destination where there was none'}          | ${[add('/spec/http/2/route', [{ destination: { ...beside, subset: 'v3' } }])]}
    ${'a fault'}                                     | ${[add('/spec/http/1/fault', { abort: { httpStatus: 500, percentage: { value: 100 } } })]}
    ${'a mirror'}                                    | ${[add('/spec/http/1/mirror', { host: 'evil' })]}
    ${'headers at a rule'}                           | ${[add('/spec/http/1/headers', { request: { set: { 'x-admin': 'yes' } } })]}
    ${'retries'}                                     | ${[add('/spec/http/1/retries', { attempts: 100 })]}
    ${'another timeout'}                             | ${[replace('/spec/http/1/timeout', '1ms')]}
    ${'no timeout'}                                  | ${[remove('/spec/http/1/timeout')]}
    ${'a rewrite'}                                   | ${[add('/spec/http/1/rewrite', { uri: '/admin' })]}
    ${'one rule more'}                               | ${[add('/spec/http/-', { route: [{ destination: { host: 'ratings', subset: 'v1' } }] })]}
    ${'one rule less'}                               | ${[remove('/spec/http/0')]}
    ${'the rules in another order'}                  | ${[{ op: 'move', from: '/spec/http/1', path: '/spec/http/0' }]}
    ${'no rules'}                                    | ${[remove('/spec/http')]}
    ${'another name of a rule'}                      | ${[replace('/spec/http/1/name', 'other')]}
    ${'another match'}                               | ${[replace('/spec/http/0/match/0/headers/end-user/exact', 'everybody')]}
    ${'no match'}                                    | ${[remove('/spec/http/0/match')]}
    ${'other hosts'}                                 | ${[replace('/spec/hosts', ['ratings', 'payments'])]}
    ${'other gateways'}                              | ${[replace('/spec/gateways', ['mesh', 'public'])]}
    ${'another exportTo'}                            | ${[replace('/spec/exportTo', ['*'])]}
    ${'TCP routes'}                                  | ${[add('/spec/tcp', [{ route: [{ destination: { host: 'evil' } }] }])]}
    ${'no spec'}                                     | ${[remove('/spec')]}
    ${'one annotation more'}                         | ${[add('/metadata/annotations/evil', 'yes')]}
    ${'one annotation less'}                         | ${[remove('/metadata/annotations/team')]}
    ${'another annotation'}                          | ${[replace('/metadata/annotations/team', 'evil')]}
    ${'no annotations'}                              | ${[remove('/metadata/annotations')]}
    ${'one label more'}                              | ${[add('/metadata/labels/istio.io~1rev', 'evil')]}
    ${'no labels'}                                   | ${[remove('/metadata/labels')]}
    ${'a finalizer'}                                 | ${[add('/metadata/finalizers', ['example.com/never'])]}
    ${'an owner'}                                    | ${[add('/metadata/ownerReferences', [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: '1' }])]}
    ${'a weight below zero'}                         | ${[replace(`${destination}/weight`, -1)]}
    ${'no weight at all'}                            | ${[replace(`${destination}/weight`, 0), replace(`${route}/1/weight`, 0)]}
    ${'51 destinations'}                             | ${Array.from({ length: 49 }, (_, at) => add(`${route}/-`, { destination: { ...beside, subset: `x${at}` }, weight: 0 }))}
    ${'a fault beside a weight'}                     | ${[replace(`${destination}/weight`, 60), add('/spec/http/1/fault', { abort: { httpStatus: 500, percentage: { value: 100 } } })]}
  `('denies $what to the bot and to nobody else', async ({ patch: operations }) => {
    const before = await kube.get('ratings');

    await expect(patch('ratings', operations, bot)).rejects.toThrow(denial);

    expect(await kube.get('ratings')).toEqual(before);
    await expect(patch('ratings', operations, undefined, 'dryRun=All')).resolves.toBeDefined();
  });

  it.each([
    ['cleared', '', [add('/metadata/managedFields', [{}])]],
    ['in the name of another', '?fieldManager=kubectl', [replace(`${destination}/weight`, 70)]],
  ])('denies that who wrote what is %s', async (_, query, operations) => {
    const before = await kube.get('ratings');
    const path = `${kube.path('virtualservices')}/ratings${query}`;

    await expect(kube.ask('PATCH', path, operations, bot)).rejects.toThrow(/this changes who is said to have written/);

    expect(await kube.get('ratings')).toEqual(before);
  });

  it.each(['v1', 'v1beta1', 'v1alpha3'])('denies it through %s, too', async (version) => {
    const path = kube.path('virtualservices').replace('/v1/', `/${version}/`);

    await expect(kube.ask('PATCH', `${path}/ratings`, [remove('/spec/http/0')], bot)).rejects.toThrow(denial);
  });

  it('also denies changes of the status', async () => {
    const status = `${kube.path('virtualservices')}/ratings/status`;
    const operations = [add('/status', { conditions: [{ type: 'Reconciled', status: 'True' }] })];

    await expect(kube.ask('PATCH', status, operations, bot)).rejects.toThrow(denial);
    await expect(kube.ask('PATCH', `${status}?dryRun=All`, operations)).resolves.toBeDefined();
  });

  it.each`
    what                  | path                                  | value
    ${'another backend'}  | ${'/spec/rules/0/backendRefs/0/name'} | ${'evil'}
    ${'one backend more'} | ${'/spec/rules/0/backendRefs/-'}      | ${{ name: 'evil-v1', port: 9080 }}
    ${'another port'}     | ${'/spec/rules/0/backendRefs/-'}      | ${{ name: 'reviews-v3', port: 22 }}
    ${'a filter'}         | ${'/spec/rules/0/filters'}            | ${[{ type: 'RequestMirror', requestMirror: { backendRef: { name: 'evil', port: 80 } } }]}
    ${'other host names'} | ${'/spec/hostnames'}                  | ${['evil.example.com']}
  `('denies the bot $what in an HTTPRoute, and allows weights', async ({ path, value }) => {
    const one = `${httpRoutes()}/reviews`;
    const weights = [
      replace('/spec/rules/0/backendRefs/0/weight', 30),
      replace('/spec/rules/0/backendRefs/1/weight', 70),
    ];

    await expect(kube.ask('PATCH', one, [add(path, value)], bot)).rejects.toThrow(denial);

    await expect(kube.ask('PATCH', `${one}?dryRun=All`, [add(path, value)])).resolves.toBeDefined();
    await expect(kube.ask('PATCH', one, weights, bot)).resolves.toBeDefined();
  });

  it('lets the bot add another version of the same Service to an HTTPRoute', async () => {
    const one = `${httpRoutes()}/reviews?dryRun=All`;
    const version = { group: '', kind: 'Service', name: 'reviews-v3', port: 9080, weight: 10 };

    await expect(kube.ask('PATCH', one, [add('/spec/rules/0/backendRefs/-', version)], bot)).resolves.toBeDefined();
  });

  it('judges five hundred rules within the cost limit of the API server', async () => {
    const rules = Array.from({ length: 500 }, (_, at) => ({
      name: `r${at}`,
      match: [{ uri: { prefix: `/p${at}` }, headers: { 'end-user': { exact: `u${at}` } } }],
      ...ruleOf({ v1: 60, v2: 30, v3: 10 }),
    }));
    await kube.create(stringify(virtualService('long', rules)));

    await expect(patch('long', [replace('/spec/http/499/route/0/weight', 50)], bot)).resolves.toBeDefined();
    await expect(patch('long', [add('/spec/http/499/timeout', '9s')], bot)).rejects.toThrow(denial);
  }, 60_000);

  const denial = /ValidatingAdmissionPolicy '.*' denied request: shiftbot may change only weights/;

  function patch(name: string, operations: readonly object[], token?: string, query = ''): Promise<unknown> {
    return kube.ask('PATCH', `${kube.path('virtualservices')}/${name}?${query}`, operations, token);
  }

  async function shift(to: Split, number: number, dryRun = false): Promise<Written> {
    const { write } = await mesh.open({ ...reviewsObject, cluster: clusterName, namespace: kube.namespace });
    const moves = [{ rule: 'default', from: { v1: 100 }, to }] as const;
    return write({ kind: 'weights', moves }, revision({ id: changeId(number), to }), { dryRun });
  }

  async function make(path: string, body: object): Promise<void> {
    const { metadata } = z
      .object({ metadata: z.object({ name: z.string() }) })
      .parse(await kube.ask('POST', path, body));
    made.push(`${path}/${metadata.name}`);
  }

  /** What the bot is granted in its namespace, and more: the policy must hold even if a Role allows everything. */
  async function grantAccess(): Promise<void> {
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${kube.namespace}`;
    const subjects = [{ kind: 'ServiceAccount', name: 'shiftbot', namespace: kube.namespace }];
    const rendered = render(join(manifests, 'access')).map((object) => inNamespace(object, kube.namespace));
    const [role, roleBinding] = [only(rendered, 'Role'), only(rendered, 'RoleBinding')];
    const verbs = ['get', 'patch'];
    const more = [
      { apiGroups: ['gateway.networking.k8s.io'], resources: ['httproutes'], verbs },
      { apiGroups: ['networking.istio.io'], resources: ['virtualservices/status'], verbs },
    ];
    await make(`${rbac}/roles`, { ...role, rules: [...z.array(z.unknown()).parse(role['rules']), ...more] });
    await make(`${rbac}/rolebindings`, { ...roleBinding, subjects });
  }

  /** For the account of this run, and with its own name, because these objects are cluster-wide. */
  async function applyPolicy(): Promise<void> {
    const paths: Readonly<Record<string, string>> = {
      ValidatingAdmissionPolicy: 'validatingadmissionpolicies',
      ValidatingAdmissionPolicyBinding: 'validatingadmissionpolicybindings',
    };
    for (const object of render(folder)) {
      const own = JSON.stringify(object)
        .replaceAll('shiftbot-weights-only', `shiftbot-weights-only-${kube.namespace}`)
        .replaceAll('system:serviceaccount:shiftbot:shiftbot', `system:serviceaccount:${kube.namespace}:shiftbot`);
      await make(`/apis/admissionregistration.k8s.io/v1/${paths[object.kind]}`, JSON.parse(own));
    }
  }

  function httpRoutes(): string {
    return `/apis/gateway.networking.k8s.io/v1/namespaces/${kube.namespace}/httproutes`;
  }
});

const reviewsVersions = {
  host: 'reviews',
  subsets: ['v1', 'v2', 'v3'].map((name) => ({ name, labels: { version: name } })),
};

const ratingsRules = [
  {
    name: 'jason',
    match: [{ headers: { 'end-user': { exact: 'jason' } } }],
    route: [{ destination: { host: 'ratings', subset: 'v2' } }],
  },
  { name: 'primary', timeout: '5s', ...ruleOf({ v1: 90, v2: 10 }, 'ratings') },
  { name: 'old', match: [{ uri: { prefix: '/old' } }], redirect: { uri: '/new' } },
];

function ruleOf(split: Split, host = 'reviews'): object {
  const to = (subset: string, weight: number) => ({ destination: { host, port: { number: 9080 }, subset }, weight });
  return { route: Object.entries(split).map(([version, weight]) => to(version, weight)) };
}

function virtualService(name: string, rules: readonly object[]) {
  return {
    kind: 'VirtualService',
    metadata: { name, labels: { app: name }, annotations: { team: 'bookinfo' } },
    spec: { hosts: [name], gateways: ['mesh'], exportTo: ['.'], http: rules },
  };
}

function httpRoute(): object {
  const backends = ['reviews-v1', 'reviews-v2'].map((name) => ({ name, port: 9080, weight: 50 }));
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'reviews' },
    spec: { hostnames: ['reviews.example.com'], rules: [{ backendRefs: backends }] },
  };
}

function add(path: string, value: unknown): object {
  return { op: 'add', path, value };
}

function replace(path: string, value: unknown): object {
  return { op: 'replace', path, value };
}

function remove(path: string): object {
  return { op: 'remove', path };
}
