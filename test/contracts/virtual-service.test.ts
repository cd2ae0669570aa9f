import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ledgerAnnotation } from '../../src/domain/routing/ledger.ts';
import { keyOfNamed } from '../../src/domain/routing/named-rule.ts';
import type { ObjectRef } from '../../src/domain/routing/object.ts';
import type { LiveObject as LiveRoute } from '../../src/domain/routing/route.ts';
import type { Split } from '../../src/domain/routing/split.ts';
import { LedgerUnreadableError, NotPermittedError, RejectedError, TooLargeError } from '../../src/workflow/errors.ts';
import type { Mesh, OpenObject, Written } from '../../src/workflow/ports/mesh.ts';
import { applied, change } from '../support/builders.ts';
import { eventually } from '../support/eventually.ts';
import {
  clusterName,
  type KubeWorld,
  type LiveObject,
  realKube,
  realKubeconfig,
  sandboxKube,
} from '../support/kube.ts';
import { revisionTo, weights } from './mesh-world.ts';

describeVirtualServices('in the API server of the sandbox', { begin: sandboxKube, hasIstiod: true });
describe.runIf(realKubeconfig)('on TEST_KUBECONFIG', () => {
  describeVirtualServices('in a real API server', { begin: realKube, hasIstiod: false });
});

interface Where {
  readonly begin: () => Promise<KubeWorld>;
  /** Whether istiod's webhook judges what is written. */
  readonly hasIstiod: boolean;
}

/** What the patch does to the object that an operator wrote, byte by byte. */
function describeVirtualServices(where: string, { begin, hasIstiod }: Where): void {
  describe(`VirtualServices ${where}`, () => {
    let kube: KubeWorld;
    let mesh: Mesh;

    beforeAll(async () => {
      kube = await begin();
      mesh = kube.mesh();
      await kube.create(`
        kind: DestinationRule
        metadata: { name: reviews }
        spec:
          host: reviews
          subsets:
          - { name: v1, labels: { version: v1 } }
          - { name: v2, labels: { version: v2 } }
          - { name: v3, labels: { version: v3 } }`);
    });
    afterAll(() => kube.end());

    const objectOf = (name: string): ObjectRef => ({
      cluster: clusterName,
      namespace: kube.namespace,
      kind: 'VirtualService',
      name,
    });
    const open = (name: string, through = mesh): Promise<OpenObject> => through.open(objectOf(name));
    const routeOf = async (name: string): Promise<LiveRoute> => {
      const { live } = await open(name);
      if (live === undefined) throw new Error(`there is no ${name}`);
      return live;
    };
    const shift = async (name: string, to: Split, rule = 'default', through = mesh): Promise<Written> =>
      (await open(name, through)).write(weights(to, rule), revisionTo(to, { rule }));

    describe('which rule and which object is meant', () => {
      const routes = (name: string, spec: string) =>
        kube.create(`
        kind: VirtualService
        metadata: { name: ${name} }
        spec: ${spec}`);

      it("knows the default rule by its own name too, and a rule without a name or with another's by its place and match", async () => {
        const to = '[{ destination: { host: reviews, subset: v1 } }]';
        const pinned = (name: string) => `{ name: "${name}", match: [{ uri: { exact: /${name}x } }], route: ${to} }`;
        await routes(
          'named',
          `{ hosts: [named], http: [${pinned('a')}, ${pinned('a')}, ${pinned('')}, { name: primary, route: ${to} }] }`,
        );

        const route = await routeOf('named');

        expect(route.rules.map(({ key, unsplittable }) => [key, unsplittable])).toEqual([
          ['#1 path = /ax', undefined],
          ['#2 path = /ax', undefined],
          ['#3 path = /x', undefined],
          ['default', undefined],
        ]);
        expect(keyOfNamed(route, 'primary')).toBe('default');
        expect(keyOfNamed(route, 'a')).toBe('a');
        expect(keyOfNamed(route, '2')).toBe('#2 path = /ax');
      });

      it('is that of the mesh where a gateway has another for the same host', async () => {
        const to = '[{ route: [{ destination: { host: reviews, subset: v1 } }] }]';
        await routes('shop', `{ hosts: [shop], http: ${to} }`);
        await routes('shop-edge', `{ hosts: [shop], gateways: [edge], http: ${to} }`);

        const name = { cluster: clusterName, namespace: kube.namespace, service: 'shop' };

        await expect.poll(() => mesh.find(name)).toEqual({ kind: 'found', object: objectOf('shop') });
      });
    });

    describe('what a patch touches', () => {
      const elaborate = `
        kind: VirtualService
        metadata:
          name: NAME
          labels: { app: reviews, team: books }
          annotations: { example.com/owner: "books ~ /1", argocd.argoproj.io/tracking-id: "books:x" }
        spec:
          gateways: [mesh, istio-system/edge]
          exportTo: ["."]
          hosts: [reviews]
          http:
          - name: jason
            match:
            - headers: { end-user: { exact: jason }, x-debug: { regex: ".+" } }
              uri: { prefix: /reviews }
            - sourceLabels: { app: productpage }
            route:
            - destination: { host: reviews, subset: v2, port: { number: 9080 } }
              headers: { response: { set: { x-version: v2 } } }
          - name: main
            timeout: 2s
            retries: { attempts: 3, perTryTimeout: 500ms, retryOn: "5xx,reset" }
            mirror: { host: reviews, subset: v3 }
            mirrorPercentage: { value: 12.5 }
            corsPolicy: { allowOrigins: [{ exact: "https://example.com" }], maxAge: 24h }
            headers: { request: { add: { x-via: main }, remove: [x-secret] } }
            fault: { delay: { percentage: { value: 0.1 }, fixedDelay: 5s } }
            rewrite: { uri: /v2/reviews }
            route:
            - weight: 75
              destination: { subset: v1, port: { number: 9080 }, host: reviews }
              headers: { request: { set: { x-version: v1 } }, response: { remove: [server] } }
            - destination: { host: reviews, subset: v2 }
              weight: 25
          - name: dead
            route: [{ destination: { host: reviews, subset: v3 } }]
          tcp:
          - match: [{ port: 31400 }]
            route: [{ destination: { host: reviews, port: { number: 9000 }, subset: v1 } }]`;

      it('sets weights and our annotation, and leaves every other byte as it was', async () => {
        const before = await kube.create(named(elaborate, 'elaborate'));

        expect(await shift('elaborate', { v1: 10, v2: 90 })).toMatchObject({ kind: 'written', seq: 1 });

        const after = await kube.get('elaborate');
        expect(bytesOf(after)).toBe(
          bytesOf(before).replace('"weight":75', '"weight":10').replace('"weight":25', '"weight":90'),
        );
        expect(Object.keys(after.metadata.annotations ?? {}).toSorted()).toEqual(
          [...Object.keys(before.metadata.annotations ?? {}), ledgerAnnotation].toSorted(),
        );
      });

      it('adds a version with the host and port of the others, and nothing meant for one of them alone', async () => {
        const before = await kube.create(named(elaborate, 'elaborate-added'));

        await shift('elaborate-added', { v1: 50, v2: 25, v3: 25 });

        const after = await kube.get('elaborate-added');
        const added = '{"destination":{"host":"reviews","port":{"number":9080},"subset":"v3"},"weight":25}';
        expect(bytesOf(after)).toBe(
          bytesOf(before).replace('"weight":75', '"weight":50').replace('"weight":25}', `"weight":25},${added}`),
        );
      });

      it('comes back to the very bytes it began with', async () => {
        const before = await kube.create(named(elaborate, 'elaborate-back'));

        await shift('elaborate-back', { v1: 0, v2: 100 });
        await shift('elaborate-back', { v1: 75, v2: 25 });

        expect(bytesOf(await kube.get('elaborate-back'))).toBe(bytesOf(before));
      });

      it.each`
        annotations            | metadata
        ${'no annotations'}    | ${'{ name: NAME }'}
        ${'empty annotations'} | ${'{ name: NAME, annotations: {} }'}
        ${'other annotations'} | ${'{ name: NAME, annotations: { a.example/b: c } }'}
      `('records itself on an object with $annotations', async ({ annotations, metadata }) => {
        const name = annotations.replace(' ', '-');
        await kube.create(named(simple({ metadata, route: [weighted('v1', 50), weighted('v2', 50)] }), name));

        await shift(name, { v1: 100, v2: 0 });
        await shift(name, { v1: 0, v2: 100 });

        expect((await routeOf(name)).ledger.seq).toBe(2);
        expect(JSON.parse((await kube.get(name)).metadata.annotations?.[ledgerAnnotation] ?? '')).toMatchObject({
          v: 1,
          seq: 2,
          revisions: [{ to: { v1: 0, v2: 100 } }, { to: { v1: 100, v2: 0 } }],
        });
      });

      it('finds destinations by what they are, in whatever order they stand', async () => {
        const route = ['v3', 'v1', 'v2'].map((version) => weighted(version, 20));
        await kube.create(named(simple({ route }), 'order'));

        await shift('order', { v1: 1, v2: 2, v3: 97 });

        expect(await destinationsOf('order')).toEqual([
          { subset: 'v3', weight: 97 },
          { subset: 'v1', weight: 1 },
          { subset: 'v2', weight: 2 },
        ]);
      });

      it('keeps the destination of a version that goes to 0, with its port and headers', async () => {
        const v2 =
          '{ destination: { host: reviews, subset: v2, port: { number: 9080 } }, headers: { request: { set: { a: b } } }, weight: 40 }';
        await kube.create(named(simple({ route: [weighted('v1', 60), v2] }), 'to-zero'));

        await shift('to-zero', { v1: 100, v2: 0 });

        expect((await kube.get('to-zero')).spec).toMatchObject({
          http: [
            {
              route: [
                { weight: 100 },
                { destination: { port: { number: 9080 } }, headers: { request: { set: { a: 'b' } } }, weight: 0 },
              ],
            },
          ],
        });
      });

      async function destinationsOf(name: string): Promise<readonly object[]> {
        const { spec } = await kube.get(name);
        const { http } = spec as { http: { route: { destination: { subset: string }; weight?: number }[] }[] };
        return (http[0]?.route ?? []).map(({ destination: { subset }, weight }) => ({ subset, weight }));
      }
    });

    describe('weights as people leave them', () => {
      it.each`
        what                                          | route                         | split
        ${'an omitted weight is 0'}                   | ${['to(v1)', 'to(v2, 10)']}   | ${{ v1: 0, v2: 10 }}
        ${'a single destination has everything'}      | ${['to(v1)']}                 | ${{ v1: 100 }}
        ${'also when its weight says something else'} | ${['to(v1, 30)']}             | ${{ v1: 100 }}
        ${'a sum that is not 100 is kept'}            | ${['to(v1, 1)', 'to(v2, 2)']} | ${{ v1: 1, v2: 2 }}
      `('$what', async ({ what, route, split }) => {
        const name = what.replaceAll(' ', '-').toLowerCase();
        await kube.create(named(simple({ route: route.map(destination) }), name));

        expect((await routeOf(name)).rules[0]?.split).toEqual(split);
      });

      it.each`
        from                          | to                      | after
        ${['to(v1)', 'to(v2, 10)']}   | ${{ v1: 5, v2: 5 }}     | ${{ v1: 5, v2: 5 }}
        ${['to(v1, 100)', 'to(v2)']}  | ${{ v1: 0, v2: 100 }}   | ${{ v1: 0, v2: 100 }}
        ${['to(v1)']}                 | ${{ v1: 90, v2: 10 }}   | ${{ v1: 90, v2: 10 }}
        ${['to(v1, 7)']}              | ${{ v1: 90, v2: 10 }}   | ${{ v1: 90, v2: 10 }}
        ${['to(v1)']}                 | ${{ v1: 0, v2: 100 }}   | ${{ v1: 0, v2: 100 }}
        ${['to(v1, 1)', 'to(v2, 1)']} | ${{ v1: 300, v2: 700 }} | ${{ v1: 300, v2: 700 }}
      `('goes from $from to $after', async ({ from, to, after }) => {
        const name = `from-${from.join('-').replaceAll(/[^a-z0-9]+/g, '-')}-${after.v1}`;
        await kube.create(named(simple({ route: from.map(destination) }), name));

        expect(await shift(name, to)).toMatchObject({ kind: 'written', splits: [{ rule: 'default', split: after }] });

        expect((await routeOf(name)).rules[0]?.split).toEqual(after);
      });
    });

    it.each`
      what                           | route                         | to
      ${'one destination'}           | ${['to(v1)']}                 | ${{ v1: 100 }}
      ${'one destination with 30'}   | ${['to(v1, 30)']}             | ${{ v1: 100 }}
      ${'an omitted weight'}         | ${['to(v1, 100)', 'to(v2)']}  | ${{ v1: 100, v2: 0 }}
      ${'weights that are as asked'} | ${['to(v1, 4)', 'to(v2, 6)']} | ${{ v1: 4, v2: 6 }}
    `('of $what need no write, only a record', async ({ what, route, to }) => {
      const name = `nothing-${what.replaceAll(' ', '-')}`;
      const before = await kube.create(named(simple({ route: route.map(destination) }), name));

      expect(await shift(name, to)).toMatchObject({ kind: 'written', splits: [{ split: to }], seq: 1 });

      expect(bytesOf(await kube.get(name))).toBe(bytesOf(before));
      expect((await routeOf(name)).ledger.seq).toBe(1);
    });

    describe('which rule is meant', () => {
      const jason = '{ match: [{ headers: { end-user: { exact: jason } } }], route: [to(v2)] }';

      it.each`
        rules                                                                                                              | keys
        ${['{ route: [to(v1)] }']}                                                                                         | ${['default']}
        ${[jason, '{ route: [to(v1)] }']}                                                                                  | ${['#1 end-user = jason', 'default']}
        ${[jason, '{ name: rest, route: [to(v1)] }']}                                                                      | ${['#1 end-user = jason', 'default']}
        ${['{ match: [{ uri: { prefix: / } }], route: [to(v1)] }', '{ route: [to(v2)] }']}                                 | ${['default', '#2 anything']}
        ${['{ match: [{ uri: { regex: ".*" } }], route: [to(v1)] }']}                                                      | ${['default']}
        ${['{ match: [{ uri: { prefix: /api } }], name: api, route: [to(v1)] }']}                                          | ${['api']}
        ${['{ match: [{ uri: { prefix: /, } , headers: { a: { exact: b } } }], route: [to(v1)] }', '{ route: [to(v2)] }']} | ${['#1 path starts with / and a = b', 'default']}
        ${['{ name: default, match: [{ port: 80 }], route: [to(v1)] }', '{ route: [to(v2)] }']}                            | ${['#1 port = 80', 'default']}
      `('of $rules the keys are $keys', async ({ rules, keys }) => {
        const name = `keys-${Math.random().toString(36).slice(2, 8)}`;
        await kube.create(named(simple({ rules }), name));

        expect((await routeOf(name)).rules.map(({ key }) => key)).toEqual(keys);
      });

      it('sets the weights of a rule that is named', async () => {
        const named_ = '{ name: api, match: [{ uri: { prefix: /api } }], route: [to(v1, 90), to(v2, 10)] }';
        await kube.create(named(simple({ rules: [named_, '{ route: [to(v1)] }'] }), 'by-name'));

        await shift('by-name', { v1: 20, v2: 80 }, 'api');

        expect((await routeOf('by-name')).rules).toMatchObject([{ split: { v1: 20, v2: 80 } }, { split: { v1: 100 } }]);
      });

      it.each`
        match                                                            | words
        ${'{ headers: { end-user: { exact: jason } } }'}                 | ${'end-user = jason'}
        ${'{ headers: { cookie: { regex: "^user=.*" } } }'}              | ${'cookie ~ ^user=.*'}
        ${'{ headers: { x-canary: {} } }'}                               | ${'x-canary is there'}
        ${'{ withoutHeaders: { x-canary: { exact: "1" } } }'}            | ${'without x-canary = 1'}
        ${'{ uri: { prefix: /api }, method: { exact: POST } }'}          | ${'path starts with /api and method = POST'}
        ${'{ queryParams: { beta: { exact: "true" } } }'}                | ${'query beta = true'}
        ${'{ port: 9080, sourceLabels: { app: web } }'}                  | ${'port = 9080 and source app = web'}
        ${'{ gateways: [edge, mesh], sourceNamespace: books }'}          | ${'source namespace = books and gateway = edge or mesh'}
        ${'{ uri: { exact: /a } }, { authority: { exact: b.example } }'} | ${'path = /a or host = b.example'}
      `('says "$words" of a match', async ({ match, words }) => {
        const name = `match-${Math.random().toString(36).slice(2, 8)}`;
        await kube.create(
          named(simple({ rules: [`{ match: [${match}], route: [to(v2)] }`, '{ route: [to(v1)] }'] }), name),
        );

        expect((await routeOf(name)).rules[0]?.match).toBe(words);
      });

      it.each`
        rule                                     | because
        ${'{ redirect: { uri: /x } }'}           | ${'redirect'}
        ${'{ directResponse: { status: 503 } }'} | ${'direct-response'}
        ${'{ delegate: { name: other } }'}       | ${'delegate'}
        ${'{ route: [to(v1, 50), to(v1, 50)] }'} | ${'ambiguous-destinations'}
      `('says of $rule that it is a $because', async ({ rule, because }) => {
        const name = `unsplittable-${Math.random().toString(36).slice(2, 8)}`;
        await kube.create(named(simple({ rules: [rule] }), name));

        expect((await routeOf(name)).rules[0]?.unsplittable).toBe(because);
      });
    });

    describe('destinations that have one name', () => {
      const to = (host: string, subset: string, weight: number, port?: number) =>
        `{ destination: { host: ${host}, subset: ${subset}${port === undefined ? '' : `, port: { number: ${port} }`} }, weight: ${weight} }`;

      it.each`
        what            | route                                                                         | split
        ${'by host'}    | ${[to('twin', 'v1', 75), to('twin', 'v2', 0), to('old', 'v1', 25)]}           | ${{ 'twin/v1': 75, 'twin/v2': 0, 'old/v1': 25 }}
        ${'by port'}    | ${[to('twin', 'v1', 60, 80), to('twin', 'v1', 40, 81)]}                       | ${{ 'v1:80': 60, 'v1:81': 40 }}
        ${'by both'}    | ${[to('twin', 'v1', 1, 80), to('twin', 'v1', 2, 81), to('old', 'v1', 3, 80)]} | ${{ 'twin/v1:80': 1, 'twin/v1:81': 2, 'old/v1:80': 3 }}
        ${'not at all'} | ${[to('twin', 'v1', 60), to('twin', 'v1', 40)]}                               | ${{ v1: 100 }}
      `('are told apart $what', async ({ what, route, split }) => {
        const name = `twins-${what.replaceAll(' ', '-')}`;
        await kube.create(named(simple({ route }), name));

        expect((await routeOf(name)).rules[0]).toMatchObject({
          split,
          unsplittable: what === 'not at all' ? 'ambiguous-destinations' : undefined,
        });
      });

      it('are moved one by one, and nothing else is', async () => {
        const route = [to('twin', 'v1', 75), to('twin', 'v2', 0), to('old', 'v1', 25)];
        const before = await kube.create(named(simple({ route }), 'twins-moved'));

        await shift('twins-moved', { 'twin/v1': 52, 'twin/v2': 30, 'old/v1': 18 });

        const weighed = bytesOf(before)
          .replace('"weight":75', '"weight":52')
          .replace('"weight":0', '"weight":30')
          .replace('"weight":25', '"weight":18');
        expect(bytesOf(await kube.get('twins-moved'))).toBe(weighed);
      });
    });

    describe('versions', () => {
      it('are the subsets of every DestinationRule of the host, short or full', async () => {
        await kube.create(`
          kind: DestinationRule
          metadata: { name: reviews-more }
          spec: { host: reviews.${kube.namespace}.svc.cluster.local, subsets: [{ name: v4, labels: { version: v4 } }] }`);
        await kube.create(named(simple({ route: ['to(v1)'].map(destination) }), 'versions'));

        await eventually(async () =>
          expect((await routeOf('versions')).rules[0]?.served.toSorted()).toEqual(['v1', 'v2', 'v3', 'v4']),
        );
        await kube.remove('reviews-more', 'DestinationRule');
      });

      it('are seen as soon as they are defined', async () => {
        await kube.create(
          named(simple({ host: 'fresh', route: ['{ destination: { host: fresh, subset: v1 } }'] }), 'fresh'),
        );
        expect((await routeOf('fresh')).rules[0]?.served).toEqual([]);

        await kube.create(`
          kind: DestinationRule
          metadata: { name: fresh }
          spec: { host: fresh, subsets: [{ name: v1, labels: { version: v1 } }] }`);
        expect((await routeOf('fresh')).rules[0]?.served).toEqual(['v1']);

        const added = [{ op: 'add', path: '/spec/subsets/-', value: { name: 'v9', labels: { version: 'v9' } } }];
        await kube.edit('fresh', added, 'helm', 'DestinationRule');
        expect((await routeOf('fresh')).rules[0]?.served).toEqual(['v1', 'v9']);
      });

      it('are gone when their DestinationRule is, though the watch had seen it', async () => {
        await kube.create(`
          kind: DestinationRule
          metadata: { name: seen }
          spec: { host: seen, subsets: [{ name: v1, labels: { version: v1 } }] }`);
        await kube.create(
          named(simple({ host: 'seen', route: ['{ destination: { host: seen, subset: v1 } }'] }), 'seen'),
        );
        await eventually(async () =>
          expect((await mesh.services(objectOf('seen'))).seen.map(({ object }) => object.name)).toContain('seen'),
        );
        expect((await routeOf('seen')).rules[0]?.served).toEqual(['v1']);

        await kube.remove('seen', 'DestinationRule');

        expect((await routeOf('seen')).rules[0]?.served).toEqual([]);
      });

      it('of a destination without subset is its host, which nothing need define', async () => {
        const route = ['{ destination: { host: blue }, weight: 30 }', '{ destination: { host: green }, weight: 70 }'];
        await kube.create(named(simple({ route }), 'colours'));

        expect((await routeOf('colours')).rules).toMatchObject([
          { split: { blue: 30, green: 70 }, host: undefined, served: ['blue', 'green'] },
        ]);
      });
    });

    describe('backends', () => {
      it('are the pods by the label that a DestinationRule gives them, or by the name of the subset', async () => {
        await kube.create(`
          kind: DestinationRule
          metadata: { name: labelled }
          spec: { host: labelled, subsets: [
            { name: stable, labels: { app: labelled, version: 1.4.2 } }, { name: canary, labels: { track: canary } }] }`);
        const route = ['{ destination: { host: labelled, subset: stable } }'];
        await kube.create(named(simple({ host: 'labelled', route }), 'labelled'));
        const host = `labelled.${kube.namespace}.svc.cluster.local`;

        await eventually(async () =>
          expect((await routeOf('labelled')).rules[0]?.backends).toEqual([
            { version: 'stable', host, label: '1.4.2', selects: { app: 'labelled', version: '1.4.2' } },
            { version: 'canary', host, label: 'canary', selects: { track: 'canary' } },
          ]),
        );
      });

      it('are there of what nothing defines, too', async () => {
        const route = [
          '{ destination: { host: red }, weight: 30 }',
          '{ destination: { host: red2, subset: v9 }, weight: 70 }',
        ];
        await kube.create(named(simple({ route }), 'reds'));

        expect((await routeOf('reds')).rules[0]?.backends).toEqual([
          { version: 'red', host: `red.${kube.namespace}.svc.cluster.local`, label: undefined },
          { version: 'v9', host: `red2.${kube.namespace}.svc.cluster.local`, label: 'v9' },
        ]);
      });
    });

    describe('refusals', () => {
      it.runIf(hasIstiod)('quote what istiod says to weights that are all 0, also in a dry run', async () => {
        await kube.create(named(simple({ route: [weighted('v1', 50), weighted('v2', 50)] }), 'all-zero'));
        const { write } = await open('all-zero');
        const to = { v1: 0, v2: 0 };
        const [edit, revision] = [weights(to), revisionTo(to)];

        await expect(write(edit, revision)).rejects.toThrow(/configuration is invalid: total destination weight = 0/);
        await expect(write(edit, revision, { dryRun: true })).rejects.toThrow(RejectedError);

        expect((await routeOf('all-zero')).ledger.seq).toBe(0);
      });

      it('quote what the schema says', async () => {
        await kube.create(named(simple({ route: [weighted('v1', 50), weighted('v2', 50)] }), 'too-heavy'));

        const rejected = shift('too-heavy', { v1: 2 ** 40, v2: 0 });

        await expect(rejected).rejects.toThrow(RejectedError);
        await expect(rejected).rejects.toThrow(/weight/);
      });

      it('say that an object would grow too large', async () => {
        const metadata = `{ name: NAME, annotations: { example.com/huge: "${'x'.repeat(262_000)}" } }`;
        await kube.create(named(simple({ metadata, route: [weighted('v1', 50), weighted('v2', 50)] }), 'huge'));

        await expect(shift('huge', { v1: 0, v2: 100 })).rejects.toThrow(TooLargeError);
      });

      it.each`
        text
        ${'hello'}
        ${'{"v":2,"seq":0,"revisions":[]}'}
        ${'{"v":1,"seq":-1,"revisions":[]}'}
        ${'{"v":1,"seq":1,"revisions":[{"id":"c-<script>"}]}'}
        ${''}
      `('leave a ledger that says $text as it is', async ({ text }) => {
        const name = `garbage-${Math.random().toString(36).slice(2, 8)}`;
        const metadata = `{ name: NAME, annotations: { ${ledgerAnnotation}: ${JSON.stringify(text)} } }`;
        const before = await kube.create(named(simple({ metadata, route: [weighted('v1', 50)] }), name));

        await expect(open(name)).rejects.toThrow(LedgerUnreadableError);

        expect(await kube.get(name)).toEqual(before);
      });

      it('name the verb and the resource that are missing', async () => {
        await kube.create(named(simple({ route: [weighted('v1', 50), weighted('v2', 50)] }), 'guarded'));
        const read = ['get', 'list', 'watch'];
        const reader = kube.mesh(await kube.permit('reader', { virtualservices: read, destinationrules: read }));

        const refused = shift('guarded', { v1: 0, v2: 100 }, 'default', reader);

        await expect(refused).rejects.toThrow(NotPermittedError);
        await expect(refused).rejects.toThrow(/cannot patch resource "virtualservices"/);
        expect((await routeOf('guarded')).rules[0]?.split).toEqual({ v1: 50, v2: 50 });
      });

      it('come at once to an account that may not even look', async () => {
        const stranger = kube.mesh(kube.token('stranger'));

        const refused = stranger.find({ cluster: clusterName, namespace: kube.namespace, service: 'reviews' });

        await expect(refused).rejects.toThrow(NotPermittedError);
        await expect(refused).rejects.toThrow(/cannot list resource "(virtualservices|destinationrules)"/);
      });
    });

    it('leaves an Event that says who moved what, and why', async () => {
      await kube.create(named(simple({ route: [weighted('v1', 100), weighted('v3', 0)] }), 'evented'));
      const { uid } = await routeOf('evented');

      await mesh.announce(
        change({
          id: 'c-7F3K9QXZ',
          object: objectOf('evented'),
          uid,
          from: { v1: 100, v3: 0 },
          reason: 'red stars',
          state: applied(),
        }),
      );

      expect(await kube.events()).toMatchObject([
        {
          reason: 'TrafficShifted',
          message: 'c-7F3K9QXZ by U01ALICE: v1 100 → 50 %, v3 0 → 50 % (red stars)',
        },
      ]);
    });
  });
}

/** All of an object that is not ours to change: its labels, other annotations and spec. */
function bytesOf({ metadata: { labels, annotations = {}, finalizers }, spec }: LiveObject): string {
  const { [ledgerAnnotation]: _, ...others } = annotations;
  return JSON.stringify({ labels, annotations: others, finalizers, spec });
}

interface Simple {
  readonly metadata?: string;
  readonly host?: string;
  readonly route?: readonly string[];
  readonly rules?: readonly string[];
}

function simple({ metadata = '{ name: NAME }', host = 'reviews', route = [], rules }: Simple): string {
  const http = rules ?? [`{ route: [${route.join(', ')}] }`];
  return `
    kind: VirtualService
    metadata: ${metadata}
    spec:
      hosts: [${host}]
      http:
${http.map((rule) => `      - ${destination(rule)}`).join('\n')}`;
}

/** Writes `to(v1, 50)` out as a destination of reviews. */
function destination(text: string): string {
  return text.replaceAll(/to\((\w+)(?:, (\d+))?\)/g, (_, version, weight) => weighted(version, weight));
}

function weighted(version: string, weight?: number | string): string {
  const rest = weight === undefined ? '' : `, weight: ${weight}`;
  return `{ destination: { host: reviews, subset: ${version} }${rest} }`;
}

function named(yaml: string, name: string): string {
  return yaml.replaceAll('NAME', name);
}
