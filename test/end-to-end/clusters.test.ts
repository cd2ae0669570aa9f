import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'vitest';
import { startKubeApi } from '../../src/sandbox/kube-api/server.ts';
import { workspace } from '../../src/sandbox/local-slack.ts';
import { bookinfoObjects } from '../../src/sandbox/worlds/worlds.ts';
import { kubeconfigOf } from '../support/clusters.ts';
import { startWire } from '../support/kube.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { cardIn, labelsOf, Objects, startTestWorld } from '../support/test-world.ts';

const { alice } = workspace.users;
const patient = { timeoutMs: 30_000 };

/** A bot that serves two clusters with Bookinfo in each. `cut`: the second one does not answer any more. */
async function twoClusters(onTestFinished: TestContext['onTestFinished']) {
  const [eu, us] = await Promise.all([clusterOf(onTestFinished), clusterOf(onTestFinished)]);
  const wire = await startWire(us.url);
  const folder = temporaryFolder();
  const file = join(folder, 'both');
  await writeFile(file, kubeconfigOf({ eu, us: { url: wire.url, token: us.token } }));
  const environment = { CLUSTERS: 'eu,us' };
  const world = await startTestWorld({ kubeconfig: file, environment });
  onTestFinished(() => world.stop());
  onTestFinished(() => wire.close());
  return { world, eu: eu.objects, us: us.objects, cut: () => wire.cutForGood() };
}

async function clusterOf(onTestFinished: TestContext['onTestFinished']) {
  const api = await startKubeApi({ port: 0, objects: await bookinfoObjects() });
  onTestFinished(() => api.stop());
  const file = join(temporaryFolder(), 'kubeconfig');
  await writeFile(file, api.kubeconfig());
  return { url: api.url, token: api.token(), objects: new Objects(file) };
}

describe.concurrent('one cluster after the other', () => {
  it('is one card, and the split is live in each at the end', { timeout: 90_000 }, async ({
    expect,
    onTestFinished,
  }) => {
    const { world, eu, us } = await twoClusters(onTestFinished);
    await world.people.command('alice', 'reviews v3 50 --cluster eu,us --dry-run');
    await world.told(alice.id, '1. now: eu, v1', '2. then: us, v1');

    await world.people.command('alice', 'reviews v3 50 --cluster eu,us');
    const card = await cardIn(world.people, ['ramp to v3 in eu, us', 'Finished'], patient);
    expect(card.text).toContain('`eu`: 50 % ✓\n`us`: 50 % ✓');
    for (const objects of [eu, us]) {
      expect(await objects.weights('reviews')).toEqual(expect.arrayContaining([['v3', 50]]));
      expect(await objects.ledger('reviews')).toMatchObject({ seq: 1 });
    }

    expect(labelsOf(card)).toEqual(['Roll back eu', 'Roll back us', 'History']);
    await world.people.click('bob', card, 'Roll back us');
    await cardIn(world.people, ['Applied', 'v3 50 → 0 %'], patient);
    expect(await us.weights('reviews')).toEqual(expect.arrayContaining([['v1', 100]]));
    expect(await eu.weights('reviews')).toEqual(expect.arrayContaining([['v3', 50]]));
  });

  it('ends without the one that does not answer, when a person says so', { timeout: 120_000 }, async ({
    expect,
    onTestFinished,
  }) => {
    const { world, eu, us, cut } = await twoClusters(onTestFinished);
    await world.people.command('alice', 'reviews v3 50 --cluster eu,us --watch 15s');
    await cardIn(world.people, ['Next: 50 % in us'], patient);
    cut();

    const held = await cardIn(
      world.people,
      ['*Held* since', 'the next step (50 % in us) could not be made: the API server did not answer'],
      { timeoutMs: 60_000 },
    );
    await world.people.click('bob', held, 'Go on without us');
    const card = await cardIn(world.people, ['`us`: left out', 'Finished'], patient);
    expect(card.ts).toBe(held.ts);
    expect(await eu.weights('reviews')).toEqual(expect.arrayContaining([['v3', 50]]));
    expect(await us.ledger('reviews')).toMatchObject({ seq: 0 });
  });
});
