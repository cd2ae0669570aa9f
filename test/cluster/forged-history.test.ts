import { describe, expect, it, onTestFinished } from 'vitest';
import { type Ledger, ledgerAnnotation } from '../../src/domain/routing/ledger.ts';
import type { ObjectRef } from '../../src/domain/routing/object.ts';
import type { Split } from '../../src/domain/routing/split.ts';
import { shortSignature } from '../../src/redis/signature.ts';
import { apply } from '../../src/workflow/applying/apply.ts';
import { requestRollback } from '../../src/workflow/asking/roll-back.ts';
import { requestShift } from '../../src/workflow/asking/shift.ts';
import type { RollbackAnswer } from '../../src/workflow/asking/take-one-back.ts';
import { SignedHistory } from '../../src/workflow/judging/signed-history.ts';
import { destinations, versionsOf } from '../contracts/mesh-world.ts';
import { changeId, revision } from '../support/builders.ts';
import { clusterName, type KubeWorld, realKube, realKubeconfig, sandboxKube } from '../support/kube.ts';
import { policyOf } from '../support/policies.ts';
import { House } from '../workflow/house.ts';

describeForgery('in the API server of the sandbox', () => sandboxKube());
describe.runIf(realKubeconfig)('on TEST_KUBECONFIG', () => {
  describeForgery('in a real API server', () => realKube());
});

/** Who may edit the object, and may not shift in a freeze, writes a way back that never was, and types a rollback. */
function describeForgery(where: string, begin: () => Promise<KubeWorld>): void {
  describe(`an annotation edited with kubectl ${where}`, () => {
    it('leads a rollback through a freeze where nothing signs it', async () => {
      const { rollback, forge, weights } = await worldOf(await begin(), false);
      await forge();

      expect(await rollback()).toMatchObject({ kind: 'accepted' });
      expect(await weights()).toEqual({ v1: 0, v2: 100 });
    });

    it('leads nowhere where it is signed', async () => {
      const { rollback, forge, weights } = await worldOf(await begin(), true);
      await forge();

      expect(await rollback()).toMatchObject({ kind: 'denied', denial: { reason: 'frozen', isForward: true } });
      expect(await weights()).toEqual({ v1: 90, v2: 10 });
    });

    it('that nobody edited leads back, and has a MAC for each change', async () => {
      const { rollback, history, weights } = await worldOf(await begin(), true);

      expect(await rollback()).toMatchObject({ kind: 'accepted' });
      expect(await weights()).toEqual({ v1: 100, v2: 0 });
      expect((await history()).revisions.map(({ mac = '' }) => mac.length)).toEqual([24, 24]);
    });

    it('from another object leads nowhere', async () => {
      const { rollback, history, forge, weights, take } = await worldOf(await begin(), true);
      const { revisions } = await history();
      await take('ratings');
      await forge({ seq: 1, revisions });

      expect(await rollback('ratings')).toMatchObject({ kind: 'denied', denial: { reason: 'frozen' } });
      expect(await weights('ratings')).toEqual({ v1: 90, v2: 10 });
    });
  });
}

/** Reviews, whose v2 got 10 % by a shift, in a freeze. */
async function worldOf(kube: KubeWorld, isSigned: boolean) {
  onTestFinished(() => kube.end());
  const house = new House();
  const { changes, log } = house;
  const provenance = isSigned ? new SignedHistory(shortSignature('a key of this test'), { changes, log }) : undefined;
  const mesh = kube.mesh(undefined, undefined, provenance);
  const desk = { ...house.desk, mesh, namespace: kube.namespace };
  let object = 'reviews';
  const make = async (name: string, split: Split) => {
    const rule = { kind: 'DestinationRule', metadata: { name }, spec: versionsOf(name, ['v1', 'v2']) };
    const spec = { hosts: [name], http: [{ route: destinations(name, split) }] };
    await kube.create(JSON.stringify(rule));
    await kube.create(JSON.stringify({ kind: 'VirtualService', metadata: { name }, spec }));
  };
  const done = async (answer: RollbackAnswer) => {
    if (answer.kind === 'accepted') await apply({ ...house.bench, mesh }, { id: answer.change.id });
    await house.settled();
    return answer;
  };
  const refOf = (name: string): ObjectRef => ({
    ...{ cluster: clusterName, namespace: kube.namespace, kind: 'VirtualService', name },
  });
  const liveOf = async (name: string) => {
    const { live } = await mesh.open(refOf(name));
    if (live === undefined) throw new Error(`there is no ${name}`);
    return live;
  };

  await make(object, { v1: 100, v2: 0 });
  house.policies.take(policyOf('rules:\n  - { name: r, target: "**", shift: [everyone] }'));
  const wish = { kind: 'share', version: 'v2', percent: 10 } as const;
  const typed = { verb: 'shift', service: { service: object }, wish, options: { dryRun: false } } as const;
  expect(await done(await requestShift(desk, typed, house.asker()))).toMatchObject({ kind: 'accepted' });
  await house.freeze('U02BOB', `${clusterName}/${kube.namespace}`, { end: { kind: 'for', ms: 3_600_000 } });

  return {
    /** Another object is the one that is edited from now on, and no record tells of what was before. */
    take: async (name: string) => {
      await make(name, { v1: 90, v2: 10 });
      const gone = (await liveOf(object)).ledger.revisions.map(({ id }) => id);
      const read = changes.read.bind(changes);
      changes.read = async (id) => (gone.includes(id) ? undefined : read(id));
      object = name;
    },
    forge: async (history: Ledger = { seq: 1, revisions: [lie] }) => {
      const value = { [ledgerAnnotation]: JSON.stringify({ v: 1, ...history }) };
      await kube.edit(object, [{ op: 'add', path: '/metadata/annotations', value }]);
    },
    rollback: async (name = 'reviews') =>
      done(
        await requestRollback(
          desk,
          { verb: 'rollback', service: { service: name }, options: { dryRun: false } },
          house.asker(),
        ),
      ),
    history: async () => (await liveOf(object)).ledger,
    weights: async (name = 'reviews') => (await liveOf(name)).rules[0]?.split,
  };
}

const lie = revision({ id: changeId(99), from: { v1: 0, v2: 100 }, to: { v1: 90, v2: 10 } });
