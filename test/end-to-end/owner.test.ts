import { afterEach, describe, expect, it } from 'vitest';
import { workspace } from '../../src/sandbox/local-slack.ts';
import { realKubeconfig } from '../support/kube.ts';
import { labelsOf, startTestWorld, type TestWorld } from '../support/test-world.ts';

const { alice } = workspace.users;
const trackingId = 'argocd.argoproj.io/tracking-id';

describe('beside somebody else who manages the object', () => {
  let world: TestWorld;

  afterEach(() => world.stop());

  it('warns that Argo CD may put the weights back, says that it did and how to stop that, and when they are right again', async () => {
    world = await startTestWorld({ bots: [{ roles: 'chat' }, { roles: 'worker' }] });
    await world.objects.patch('reviews', [
      { op: 'add', path: '/metadata/annotations', value: { [trackingId]: idOf('reviews') } },
    ]);

    await world.people.command('alice', 'reviews v3 50');
    const applied = await world.card(
      'reviews · 50 % to v3',
      'Applied in',
      'Argo CD (application `shop`) manages this object',
    );
    await world.objects.setWeights('reviews', [100, 0], 'argocd-controller');
    const putBack = await world.card('50 % to v3', '*Put back* by `argocd-controller` at', 'Live is now v1 100 %');
    await world.objects.setWeights('reviews', [50, 50], 'argocd-controller');
    const again = await world.people.waitFor('the card as it was', (messages) =>
      messages.find(({ ts, text }) => ts === putBack.ts && !text.includes('Put back')),
    );

    expect(putBack.ts).toBe(applied.ts);
    expect(putBack.text).toContain('.spec.http[].route[].weight');
    expect(putBack.text).toContain('RespectIgnoreDifferences=true');
    expect(putBack.text).toContain('`/shift reviews v1=50 v3=50 -n default');
    expect(labelsOf(putBack)).toEqual(['History']);
    expect(labelsOf(again)).toEqual(['Roll back to v1 100 %', 'v3 → 100 %', 'History']);
    const metrics = await Promise.all(world.bots.map(async ({ url }) => (await fetch(`${url}/metrics`)).text()));
    expect(metrics.join('\n').match(/shiftbot_reverts_total\{by="argo-cd"\} 1/g)).toHaveLength(1);
  });

  it('tells what happened while no process was there', async () => {
    world = await startTestWorld();
    await world.people.command('alice', 'reviews v3 50');
    await world.card('reviews · 50 % to v3', 'Applied in');
    await world.bots[0]?.stop();
    await world.objects.setWeights('reviews', [70, 30], 'kubectl-patch');

    await world.startBot('worker');

    await world.card('reviews · 50 % to v3', '*Moved away* by `kubectl-patch` at', 'Live is now v1 70 %, v3 30 %');
  });

  it('refuses while Flagger sets the weights, and says through whom to go', async () => {
    world = await startTestWorld();
    const canary = { apiVersion: 'flagger.app/v1beta1', kind: 'Canary', name: 'reviews', uid: 'u' };
    await world.objects.patch('reviews', [{ op: 'add', path: '/metadata/ownerReferences', value: [canary] }]);
    const before = await world.objects.get('reviews');

    await world.people.command('alice', 'reviews v3 50');
    await world.told(
      alice.id,
      'Flagger (canary `reviews`) sets the weights of `reviews`',
      'promote or roll back through it',
    );

    expect(await world.objects.get('reviews')).toEqual(before);
  });

  it.runIf(realKubeconfig)('sees on a real API server (TEST_KUBECONFIG) who put the weights back', async () => {
    world = await startTestWorld({ kubeconfig: realKubeconfig });
    const version = (await world.objects.get('reviews')).metadata.resourceVersion;
    await world.objects.setWeights('reviews', [100], 'argocd-controller');
    await world.people.command('alice', `reviews v1=60 v3=40 --reason "${version}"`);
    await world.card('Applied in', version);

    await world.objects.setWeights('reviews', [100, 0], 'argocd-controller');

    await world.card(version, '*Put back* by `argocd-controller` at', 'Live is now v1 100 %');
    await world.objects.patch('reviews', [{ op: 'remove', path: '/spec/http/0/route/1' }]);
  });
});

function idOf(name: string): string {
  return `shop:networking.istio.io/VirtualService:default/${name}`;
}
