import { describe, expect, it, onTestFinished } from 'vitest';
import { ClusterMesh } from '../../src/cluster/cluster-mesh.ts';
import type { ObjectRef } from '../../src/domain/routing/object.ts';
import type { JsonObject } from '../../src/domain/text/json.ts';
import { reviewsObject, revision, weightsEdit } from '../support/builders.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';
import { clientOfStub } from '../support/kube.ts';

const versions: ObjectRef = { ...reviewsObject, kind: 'DestinationRule' };
const content = {
  spec: { hosts: ['reviews'], http: [{ route: [{ destination: { host: 'reviews', subset: 'v1' } }] }] },
};

/** What opening and writing cost the API server: what a shift and its job cost rests on this. */
describe('the requests of a mesh', () => {
  it('that opens a VirtualService are a GET of it and of each DestinationRule that was seen for its hosts', async () => {
    const { mesh, asked } = await watching('reviews', 'reviews-more', 'ratings');

    await mesh.open(reviewsObject);

    expect(asked().toSorted()).toEqual([
      'GET destinationrules/reviews',
      'GET destinationrules/reviews-more',
      'GET virtualservices/reviews',
    ]);
  });

  it('that opens it are a LIST more where nothing that was seen is about one of its hosts', async () => {
    const { mesh, asked } = await watching('ratings');

    await mesh.open(reviewsObject);

    expect(asked()).toEqual(['GET virtualservices/reviews', 'GET destinationrules']);
  });

  it('that opens a DestinationRule are a GET of it', async () => {
    const { mesh, asked } = await watching('reviews');

    await mesh.open(versions);

    expect(asked()).toEqual(['GET destinationrules/reviews']);
  });

  it.each`
    what                     | edit                                       | dryRun      | request
    ${'writes weights'}      | ${weightsEdit()}                           | ${false}    | ${'PATCH virtualservices/reviews'}
    ${'tries weights'}       | ${weightsEdit()}                           | ${true}     | ${'PATCH virtualservices/reviews, dry'}
    ${'replaces an object'}  | ${{ kind: 'content', content }}            | ${false}    | ${'PATCH virtualservices/reviews'}
    ${'tries a replacement'} | ${{ kind: 'content', content }}            | ${'strict'} | ${'PATCH virtualservices/reviews, dry'}
    ${'deletes an object'}   | ${{ kind: 'content', content: undefined }} | ${false}    | ${'DELETE virtualservices/reviews'}
  `('that $what are one', async ({ edit, dryRun, request }) => {
    const { mesh, asked } = await watching('reviews');
    const { write } = await mesh.open(reviewsObject);
    asked();

    await write(edit, revision(), { dryRun });

    expect(asked()).toEqual([request]);
  });

  it('that creates an object are one, and none where what is to be deleted is not there', async () => {
    const { mesh, asked } = await watching('reviews');
    const { write } = await mesh.open({ ...reviewsObject, name: 'new' });
    asked();

    await write({ kind: 'content', content }, revision());
    await write({ kind: 'content', content: undefined }, revision());

    expect(asked()).toEqual(['POST virtualservices']);
  });

  it('that decide are read live, whatever the watch has not heard of', async () => {
    const { mesh, objects } = await watching('reviews');
    const subsets = [{ name: 'v1' }, { name: 'v2' }];
    const http = [{ route: [{ destination: { host: 'reviews', subset: 'v2' } }] }];
    objects.set('virtualservices/reviews', object('reviews', { ...content.spec, http }));
    objects.set('destinationrules/reviews', object('reviews', { host: 'reviews', subsets }));

    const { live } = await mesh.open(reviewsObject);

    expect(live?.rules).toMatchObject([{ split: { v2: 100 }, served: ['v1', 'v2'] }]);
    expect(live?.content.spec).toMatchObject({ http });
    expect(await mesh.glance(reviewsObject)).toMatchObject({ rules: [{ split: { v1: 100 } }] });
  });

  it('that glances at a DestinationRule are none, and nothing is watched for it', async () => {
    const { mesh, asked } = await watching('reviews');

    await mesh.glance({ ...versions, namespace: 'another' });

    expect(asked()).toEqual([]);
  });
});

/** A mesh that watches reviews and some DestinationRules, each of the host that its name begins with; `asked`: for what, since the last time. */
async function watching(...rules: readonly string[]) {
  const objects = new Map([
    ['virtualservices/reviews', object('reviews', content.spec)],
    ...rules.map((name) => {
      const spec = { host: name.split('-')[0] ?? '', subsets: [] };
      return [`destinationrules/${name}`, object(name, spec)] as const;
    }),
  ]);
  const requests: string[] = [];
  const client = await clientOfStub((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://stub');
    if (searchParams.has('watch')) return void response.writeHead(200).flushHeaders();
    const path = pathname.split('/').slice(6).join('/');
    if (!isForTheMap(path)) requests.push(`${request.method} ${path}${searchParams.has('dryRun') ? ', dry' : ''}`);
    const items = [...objects].flatMap(([key, each]) => (key.startsWith(`${path}/`) ? [each] : []));
    const one = request.method === 'POST' ? object('new', content.spec) : objects.get(path);
    const isList = request.method === 'GET' && !path.includes('/');
    const body = isList ? { items, metadata: { resourceVersion: '1' } } : one;
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body ?? { message: 'not found' }));
  });
  const mesh = new ClusterMesh(reviewsObject.cluster, client, new InMemoryLog());
  onTestFinished(() => mesh.close());
  await mesh.warm(reviewsObject.namespace);
  const asked = () => requests.splice(0);
  asked();
  return { mesh, objects, asked };
}

/** The traffic map is fed in the background: Services, pods and the whole cluster have other paths, or these. */
function isForTheMap(path: string): boolean {
  return ['', 'gateways', 'serviceentries', 'sidecars', 'referencegrants', 'endpointslices'].includes(path);
}

function object(name: string, spec: JsonObject): object {
  return { metadata: { name, namespace: 'default', uid: name, resourceVersion: '1' }, spec };
}
