import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { isFor, startTestWorld, type TestWorld } from '../support/test-world.ts';

const policy = `groups:
  sre: [U02BOB]
rules:
  - name: reviews
    target: "*/default/reviews"
    channels: [C01REVIEWS]
    shift: [everyone]
    approve: { by: [sre], from: 25 }
  - name: ops
    target: "**"
    shift: [sre]
`;

describe('the built bot with a policy file', () => {
  let world: TestWorld | undefined;

  afterEach(async () => {
    await world?.stop();
    world = undefined;
  });

  async function started(): Promise<{ readonly world: TestWorld; readonly path: string }> {
    const path = join(await mkdtemp(join(tmpdir(), 'shiftbot-policy-')), 'policy.yaml');
    await writeFile(path, policy);
    world = await startTestWorld({ environment: { POLICY_FILE: path } });
    return { world, path };
  }

  it('says why, to whoever asks, wherever they ask', async () => {
    const { world } = await started();
    const { people, objects } = world;

    await people.command('alice', 'why reviews v3 50');
    const needs = await people.waitFor('the answer', (all) =>
      all.find((each) => isFor('U01ALICE', each, 'needs approval')),
    );
    await people.command('alice', 'why ratings v1=50 v2=50');
    const refused = await people.waitFor('the refusal', (all) =>
      all.find((each) => isFor('U01ALICE', each, 'ratings')),
    );

    expect(needs.text).toContain('One approval by `sre`');
    expect(needs.text).toContain('rule `reviews`, line 4 of the policy file');
    expect(refused.text).toContain('You may not shift traffic here; `sre` may (rule `ops`, line 9 of the policy file)');
    expect((await objects.ledger('reviews')).seq).toBe(0);
  });

  it('keeps the last good one when the file is spoilt, and says so in status, log and metrics', async () => {
    const { world, path } = await started();
    const { people, logs } = world;
    const policyOk = async () =>
      /^shiftbot_policy_ok (\d)$/m.exec(await (await fetch(`${world.bots[0]?.url}/metrics`)).text())?.[1];
    const before = await policyOk();

    await writeFile(path, policy.replace('shift: [everyone]', 'shifts: [everyone]'));
    await expect.poll(policyOk, { timeout: 20_000, interval: 200 }).toBe('0');
    await people.command('bob', 'status reviews');
    const status = await people.waitFor('the status', (all) =>
      all.find((each) => isFor('U02BOB', each, 'policy file is wrong')),
    );
    await people.command('bob', 'why reviews v3 10');
    const why = await people.waitFor('why', (all) => all.find((each) => isFor('U02BOB', each, '*allowed*')));
    await writeFile(path, policy);
    await expect.poll(policyOk, { timeout: 20_000, interval: 200 }).toBe('1');

    expect(before).toBe('1');
    expect(status.text).toContain('4:5 rules[0].shift: is missing');
    expect(why.text).toContain('rule `reviews`, line 4');
    expect(logs.some((line) => line.includes('policy file is wrong') && line.includes('7:5 '))).toBe(true);
    expect((await fetch(`${world.bots[0]?.url}/readyz`)).status).toBe(200);
  });
});
