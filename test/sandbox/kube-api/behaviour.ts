import { describe, expect, it } from 'vitest';
import { destinationRule, reviews, virtualService } from './objects.ts';
import { JSON_PATCH, MERGE_PATCH, type World } from './world.ts';

/** Behaviour of any API server that takes several requests to see. */
export function describeBehaviour(world: () => World): void {
  describe('writes', () => {
    it('writes nothing if nothing changes', async () => {
      const { path, made } = await world().make(reviews(90, 10));

      const put = await world().ask('PUT', path, { body: made });
      const patch = await world().ask('PATCH', path, { type: MERGE_PATCH, body: { spec: { hosts: ['reviews'] } } });

      expect(put.body).toEqual(made);
      expect(patch.body).toEqual(made);
    });

    it('counts changes of the spec in the generation, but not changes of labels', async () => {
      const { path } = await world().make(reviews(90, 10));

      const labelled = await world().ask('PATCH', path, {
        type: MERGE_PATCH,
        body: { metadata: { labels: { a: 'b' } } },
      });
      const respecified = await world().ask('PATCH', path, { type: MERGE_PATCH, body: { spec: { hosts: ['z'] } } });

      expect(labelled.body?.metadata?.generation).toBe(1);
      expect(respecified.body?.metadata?.generation).toBe(2);
    });

    it('stores nothing in a dry run', async () => {
      const { path, made } = await world().make(reviews(90, 10));
      const body = [{ op: 'replace', path: '/spec/http/0/route/0/weight', value: 1 }];

      const patched = await world().ask('PATCH', `${path}?dryRun=All`, { type: JSON_PATCH, body });
      const deleted = await world().ask('DELETE', `${path}?dryRun=All`);
      const now = await world().ask('GET', path);

      expect(patched.body?.metadata?.generation).toBe(2);
      expect(deleted.body).toMatchObject({ status: 'Success' });
      expect(now.body).toEqual(made);
    });

    it('ignores the query of a DELETE that has a body, even a dry run', async () => {
      const { path } = await world().make(reviews(90, 10));
      const tried = await world().ask('DELETE', path, {
        body: { kind: 'DeleteOptions', apiVersion: 'v1', dryRun: ['All'] },
      });
      const still = await world().ask('GET', path);

      const deleted = await world().ask('DELETE', `${path}?dryRun=All`, {
        body: { kind: 'DeleteOptions', apiVersion: 'v1' },
      });
      const gone = await world().ask('GET', path);

      expect([tried.status, still.status, deleted.status, gone.status]).toEqual([200, 200, 200, 404]);
    });

    it('loses no patch if many come at once without a resourceVersion', async () => {
      const { path } = await world().make(reviews(100));
      const labels = Array.from({ length: 8 }, (_, index) => `label-${index}`);

      const answers = await Promise.all(
        labels.map((label) =>
          world().ask('PATCH', path, { type: MERGE_PATCH, body: { metadata: { labels: { [label]: 'x' } } } }),
        ),
      );
      const { body } = await world().ask('GET', path);

      expect(answers.map(({ status }) => status)).toEqual(labels.map(() => 200));
      expect(body).toMatchObject({ metadata: { labels: Object.fromEntries(labels.map((label) => [label, 'x'])) } });
    });

    it('keeps an object until its last finalizer is gone', async () => {
      const { path } = await world().make(virtualService({}, { finalizers: ['example.com/kept'] }));

      const marked = await world().ask('DELETE', path);
      const released = await world().ask('PATCH', path, {
        type: MERGE_PATCH,
        body: { metadata: { finalizers: null } },
      });
      const gone = await world().ask('GET', path);

      expect(marked.body).toMatchObject({ kind: 'VirtualService', metadata: { deletionGracePeriodSeconds: 0 } });
      expect(released.status).toBe(200);
      expect(gone.status).toBe(404);
    });

    it('serves an object in every version', async () => {
      const { path } = await world().make(reviews(100));

      const old = await world().ask('GET', path.replace('/v1/', '/v1beta1/'));

      expect(old.body).toMatchObject({ apiVersion: 'networking.istio.io/v1beta1', spec: { hosts: ['reviews'] } });
    });
  });

  describe('managedFields', () => {
    it('names who last changed the routes, and who last changed the rest', async () => {
      const { path } = await world().make(reviews(90, 10));
      const body = { spec: { http: [] }, metadata: { annotations: { 'a/b': 'c' } } };

      const patched = await world().ask('PATCH', `${path}?fieldManager=shiftbot`, { type: MERGE_PATCH, body });

      expect(patched.body?.metadata?.managedFields).toMatchObject([
        { manager: 'answers', operation: 'Update', fieldsV1: { 'f:spec': { '.': {}, 'f:hosts': {} } } },
        {
          manager: 'shiftbot',
          operation: 'Update',
          apiVersion: 'networking.istio.io/v1',
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:metadata': { 'f:annotations': { '.': {}, 'f:a/b': {} } }, 'f:spec': { 'f:http': {} } },
        },
      ]);
    });

    it('lists the fields of objects, and lists as a whole', async () => {
      const spec = {
        host: 'a',
        trafficPolicy: { loadBalancer: { simple: 'RANDOM' }, tls: {} },
        subsets: [{ name: 'v1' }],
      };
      const { made } = await world().make(destinationRule(spec, { finalizers: ['a/b'] }), 'destinationrules');
      const { path } = await world().make(destinationRule(spec), 'destinationrules');
      await world().ask('DELETE', path);

      expect(made.metadata?.managedFields?.[0]?.['fieldsV1']).toEqual({
        'f:metadata': { 'f:finalizers': { '.': {}, 'v:"a/b"': {} } },
        'f:spec': {
          '.': {},
          'f:host': {},
          'f:subsets': {},
          'f:trafficPolicy': { '.': {}, 'f:loadBalancer': { '.': {}, 'f:simple': {} }, 'f:tls': {} },
        },
      });
    });

    it('drops the owners of removed fields', async () => {
      const { path } = await world().make(reviews(90, 10));

      const { body } = await world().ask('PATCH', `${path}?fieldManager=d`, {
        type: MERGE_PATCH,
        body: { spec: { http: null } },
      });

      expect(body?.metadata?.managedFields).toMatchObject([
        { manager: 'answers', fieldsV1: { 'f:spec': { 'f:hosts': {} } } },
      ]);
    });
  });

  describe('lists', () => {
    it('pages over one state, even if objects change meanwhile', async () => {
      const list = `${world().path('gateways')}?limit=2`;
      const gateway = { apiVersion: 'networking.istio.io/v1', kind: 'Gateway', spec: {} };
      const made = [
        await world().make(gateway, 'gateways'),
        await world().make(gateway, 'gateways'),
        await world().make(gateway, 'gateways'),
      ];
      const names = made.map(({ name }) => name).sort();

      const first = await world().ask('GET', list);
      await world().ask('DELETE', `${world().path('gateways')}/${names[2]}`);
      const second = await world().ask('GET', `${list}&continue=${first.body?.metadata?.continue}`);

      expect(first.body?.metadata).toMatchObject({ remainingItemCount: 1 });
      const seen = [first, second].flatMap(({ body }) => body?.items?.map(({ metadata }) => metadata.name));
      expect(seen).toEqual(names);
      expect(second.body?.metadata).toMatchObject({
        continue: '',
        resourceVersion: first.body?.metadata?.resourceVersion,
      });
    });

    it('selects by label and by name', async () => {
      const { name } = await world().make(virtualService({}, { labels: { selected: 'yes' } }));
      const namesOf = async (query: string) =>
        (await world().ask('GET', `${world().virtualServices}?${query}`)).body?.items?.map(
          ({ metadata }) => metadata.name,
        );

      expect(await namesOf('labelSelector=selected')).toEqual([name]);
      expect(await namesOf('labelSelector=selected%20in%20(yes,maybe)')).toEqual([name]);
      expect(await namesOf('labelSelector=selected%21%3Dyes')).not.toContain(name);
      expect(await namesOf(`fieldSelector=metadata.name%3D${name}`)).toEqual([name]);
    });

    it.each`
      plural                | columns
      ${'virtualservices'}  | ${['Name', 'Gateways', 'Hosts', 'Age']}
      ${'destinationrules'} | ${['Name', 'Host', 'Age']}
      ${'gateways'}         | ${['Name', 'Age']}
      ${'httproutes'}       | ${['Name', 'Hostnames', 'Age']}
      ${'grpcroutes'}       | ${['Name', 'Hostnames', 'Age']}
      ${'tcproutes'}        | ${['Name', 'Age']}
      ${'tlsroutes'}        | ${['Name', 'Age']}
    `('has the columns $columns for $plural', async ({ plural, columns }) => {
      const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

      const { body } = await world().ask('GET', world().path(plural), { headers: { accept } });

      const definitions = body?.['columnDefinitions'] as { name: string }[]; // of a Table
      expect(definitions.map(({ name }) => name)).toEqual(columns);
    });

    it('returns a table on request', async () => {
      const { path, name } = await world().make(reviews(100));
      const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

      const { body } = await world().ask('GET', path, { headers: { accept } });

      expect(body).toMatchObject({
        kind: 'Table',
        columnDefinitions: [{ name: 'Name' }, { name: 'Gateways' }, { name: 'Hosts' }, { name: 'Age', type: 'date' }],
        rows: [
          {
            cells: [name, null, '["reviews"]', expect.stringMatching(/^\ds$/)],
            object: { kind: 'PartialObjectMetadata' },
          },
        ],
      });
    });
  });

  describe('watches', () => {
    it('replays the events since a resourceVersion', async () => {
      const { path, name, made } = await world().make(reviews(90, 10));
      await world().ask('PATCH', path, { type: MERGE_PATCH, body: { metadata: { labels: { a: '1' } } } });
      await world().ask('DELETE', path);

      const since = `resourceVersion=${made.metadata?.resourceVersion}&fieldSelector=metadata.name%3D${name}`;
      const events = await world().watch(`${world().virtualServices}?watch=true&${since}`, 2);

      expect(events.map(({ type }) => type)).toEqual(['MODIFIED', 'DELETED']);
      const versions = events.map(({ object }) => Number(object.metadata?.resourceVersion));
      expect(versions).toEqual(versions.toSorted((one, other) => one - other));
      expect(versions[0]).toBeGreaterThan(Number(made.metadata?.resourceVersion));
    });

    it.each(['', '&resourceVersion=0'])('sends the existing objects, and then the changes (%s)', async (since) => {
      const { name, path } = await world().make(reviews(90, 10));
      const only = `fieldSelector=metadata.name%3D${name}`;

      const watching = world().watch(`${world().virtualServices}?watch=true${since}&${only}`, 2, async () => {
        await world().ask('PATCH', path, { type: MERGE_PATCH, body: { metadata: { labels: { a: '1' } } } });
      });

      expect(await watching).toMatchObject([
        { type: 'ADDED', object: { metadata: { name } } },
        { type: 'MODIFIED', object: { metadata: { name, labels: { a: '1' } } } },
      ]);
    });

    it('sends nothing for a resourceVersion in the future', async () => {
      const future = 'watch=true&resourceVersion=99999999&timeoutSeconds=1';

      expect(await world().watch(`${world().virtualServices}?${future}`, Infinity)).toEqual([]);
    });

    it('sends the existing objects, and then a bookmark', async () => {
      const { name } = await world().make(reviews(90, 10));

      const options = `sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&fieldSelector=metadata.name%3D${name}`;
      const events = await world().watch(`${world().virtualServices}?watch=true&${options}`, 2);

      expect(events).toMatchObject([
        { type: 'ADDED', object: { metadata: { name } } },
        {
          type: 'BOOKMARK',
          object: { kind: 'VirtualService', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
        },
      ]);
    });

    it('sends ADDED if an object starts to match, and DELETED if it stops', async () => {
      const { path, made } = await world().make(virtualService({}, { labels: { color: 'red' } }));
      await world().ask('PATCH', path, { type: MERGE_PATCH, body: { metadata: { labels: { color: 'blue' } } } });
      const watch = (color: string) =>
        world().watch(
          `${world().virtualServices}?watch=true&resourceVersion=${made.metadata?.resourceVersion}&labelSelector=color%3D${color}`,
          1,
        );

      expect(await watch('red')).toMatchObject([
        { type: 'DELETED', object: { metadata: { labels: { color: 'red' } } } },
      ]);
      expect(await watch('blue')).toMatchObject([
        { type: 'ADDED', object: { metadata: { labels: { color: 'blue' } } } },
      ]);
    });

    it('says that a resourceVersion is too old, and ends', async () => {
      const events = await world().watch(`${world().virtualServices}?watch=true&resourceVersion=1`, Infinity);

      expect(events).toMatchObject([
        {
          type: 'ERROR',
          object: {
            code: 410,
            reason: 'Expired',
            message: expect.stringMatching(/^too old resource version: 1 \(\d+\)$/),
          },
        },
      ]);
    });

    it('ends after its timeout', async () => {
      const watch = `${world().virtualServices}?watch=true&fieldSelector=metadata.name%3Dnobody&timeoutSeconds=1`;

      expect(await world().watch(watch, Infinity)).toEqual([]);
    });
  });
}
