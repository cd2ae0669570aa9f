import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NotPermittedError, RejectedError } from '../../src/workflow/errors.ts';
import { type KubeWorld, realKube, realKubeconfig, sandboxKube } from '../support/kube.ts';
import { destinations, handsIn, inKubernetes, revisionTo, whole } from './mesh-world.ts';

describe.each([
  { where: 'the API server of the sandbox', start: sandboxKube, runs: true },
  { where: 'a real API server', start: realKube, runs: realKubeconfig !== undefined },
])('objects that cannot be written, in $where', ({ start, runs }) => {
  let kube: KubeWorld;
  let hands: ReturnType<typeof handsIn>;
  beforeAll(async () => {
    if (!runs) return;
    kube = await start();
    hands = handsIn(await inKubernetes(kube));
  });
  afterAll(() => kube?.end());

  const revision = revisionTo({ v1: 100 });
  const content = { spec: { hosts: ['reviews'], http: [{ route: destinations('reviews', { v1: 100 }) }] } };

  it.runIf(runs)('are told with the right that is missing', async () => {
    const read = ['get', 'list', 'watch'];
    const mesh = kube.mesh(await kube.permit('reader', { virtualservices: read, destinationrules: read }));
    const { write } = await mesh.open(hands.ref('VirtualService', 'new'));

    await expect(write(whole(content), revision, { dryRun: true })).rejects.toThrow(
      /forbids it: the bot cannot create resource "virtualservices"/,
    );
    await expect(write(whole(content), revision)).rejects.toThrow(NotPermittedError);
  });

  it.runIf(runs)('are told with the words of who refuses them', async () => {
    const { write } = await kube.mesh().open(hands.ref('VirtualService', 'bad'));
    const bad = { spec: { hosts: ['reviews'], http: 7 } };

    await expect(write(whole(bad), revision, { dryRun: true })).rejects.toThrow(RejectedError);
  });

  it.runIf(runs)('are refused in a namespace that is not there, and not tried again', async () => {
    const object = { ...hands.ref('VirtualService', 'x'), namespace: 'nowhere' };
    const { write } = await kube.mesh().open(object);

    await expect(write(whole(content), revision)).rejects.toThrow(/namespaces "nowhere" not found/);
  });

  it.runIf(runs)('are known as going where they are deleted and wait for their finalizers', async () => {
    const object = hands.ref('VirtualService', 'going');
    const metadata = { name: 'going', finalizers: ['example.com/wait'] };
    await kube.ask('POST', kube.path('virtualservices'), {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata,
      ...content,
    });

    const { live, write } = await hands.open(object);
    await write(whole(undefined), revision);

    expect(live.isGoing).toBe(false);
    expect((await hands.liveOf(object)).isGoing).toBe(true);
    await kube.edit('going', [{ op: 'remove', path: '/metadata/finalizers' }]);
  });
});
