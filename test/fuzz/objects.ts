import type { JsonPatch } from '../../src/cluster/client/kube-client.ts';
import { readDestinationRule } from '../../src/cluster/kinds/destination-rule.ts';
import { virtualServiceKind } from '../../src/cluster/kinds/virtual-service.ts';
import { weightsPatch } from '../../src/cluster/open-object.ts';
import { toRoute } from '../../src/cluster/to-route.ts';
import { planShift } from '../../src/domain/change/plan-weights.ts';
import { ledgerAnnotation, record } from '../../src/domain/routing/ledger.ts';
import { describePinned } from '../../src/domain/routing/pinned.ts';
import { pinnedRules } from '../../src/domain/routing/route.ts';
import { DependencyError } from '../../src/workflow/errors.ts';
import type { Random } from '../chaos/random.ts';
import { revision } from '../support/builders.ts';
import { hostileText, hostileValue, items, mutated, name } from './hostile.ts';
import { target } from './target.ts';

interface Input {
  readonly object: unknown;
  readonly rule: unknown;
  readonly percent: number;
}

type Output = readonly JsonPatch[] | DependencyError;

/** VirtualServices and DestinationRules as a cluster may have them, and the patches made for them. */
export const objects = target<Input, Output>({
  name: 'objects',
  share: 120,
  make: (random) => ({
    object: random.chance(0.6) ? mutated(random, aVirtualService(random)) : aVirtualService(random),
    rule: random.chance(0.3)
      ? hostileValue(random)
      : {
          metadata: { name: 'r', namespace: 'default' },
          spec: { host: 'reviews', subsets: items(random, 4, () => ({ name: name(random) })) },
        },
    percent: random.between(0, 100),
  }),
  run: patchesOf,
  judge: (_, output) =>
    output instanceof DependencyError
      ? wrongWords(output)
      : output.map(wrongInPatch).find((what) => what !== undefined),
});

function patchesOf({ object, rule, percent }: Input): Output {
  try {
    const live = virtualServiceKind.read(object);
    const rules = [readDestinationRule(rule)].filter((each) => each !== undefined);
    const route = toRoute('sandbox', live, { rulesOf: () => rules });
    pinnedRules(route).map(describePinned);
    return route.rules.slice(0, 10).flatMap(({ key, served }) => {
      const plan = planShift(route, { kind: 'share', version: served[0] ?? 'v1', percent }, { rule: key });
      if (plan.kind === 'refused') return [];
      return [weightsPatch(live, plan.edit.moves, record(route.ledger, revision({ rule: key })))];
    });
  } catch (error) {
    if (error instanceof DependencyError) return error;
    throw error;
  }
}

/** An error may be shown to a person, who sees part of it. It must not contain a whole object. */
function wrongWords({ message }: DependencyError): string | undefined {
  return message.length > 2_000 ? `an error says ${message.length} characters` : undefined;
}

const annotation = `/metadata/annotations/${ledgerAnnotation.replace('/', '~1')}`;

function wrongInPatch(patch: JsonPatch): string | undefined {
  const [guard, ledger, ...weights] = patch;
  if (guard?.path !== '/metadata/resourceVersion' || guard.op !== 'replace') return 'a patch has no guard';
  if (ledger?.path !== annotation && ledger?.path !== '/metadata/annotations') return 'a patch has no record';
  const other = weights.find(({ path, value, op }) => {
    const isWeight =
      /^\/spec\/http\/\d+\/route\/\d+\/weight$/.test(path) && Number.isInteger(value) && Number(value) >= 0;
    return op !== 'add' || !(isWeight || /^\/spec\/http\/\d+\/route\/-$/.test(path));
  });
  return other === undefined ? undefined : `a patch touches ${other.path}`;
}

function aVirtualService(random: Random): unknown {
  const annotations = {
    [random.pick(['a', '__proto__', 'example.com/x'])]: hostileText(random, 40),
    ...(random.chance(0.2) ? { [ledgerAnnotation]: aLedger(random) } : {}),
  };
  return {
    metadata: {
      name: name(random),
      namespace: 'default',
      uid: 'u',
      resourceVersion: '7',
      ...(random.chance(0.5) ? { annotations } : {}),
      managedFields: items(random, 3, () => ({
        manager: hostileText(random, 10),
        time: '2026-11-22T14:03:11Z',
        fieldsV1: { 'f:spec': { 'f:http': {} } },
      })),
    },
    spec: {
      hosts: ['reviews', ...items(random, 2, () => name(random))],
      ...(random.chance(0.2) ? { gateways: items(random, 3, () => name(random)) } : {}),
      http: items(random, random.chance(0.01) ? 300 : 4, () => anHttpRule(random)),
      ...(random.chance(0.1) ? { tcp: [hostileValue(random)], tls: hostileValue(random) } : {}),
    },
  };
}

function anHttpRule(random: Random): unknown {
  const weight = () => (random.chance(0.7) ? { weight: random.pick([0, 1, 50, 100, 33, 2_147_483_647]) } : {});
  const destination = () => ({
    destination: {
      host: random.pick(['reviews', 'reviews', name(random)]),
      subset: name(random),
      port: { number: 9080 },
    },
    ...weight(),
  });
  return {
    ...(random.chance(0.4) ? { name: name(random) } : {}),
    ...(random.chance(0.4)
      ? {
          match: items(random, 2, () => ({
            headers: { 'end-user': { exact: hostileText(random, 10) } },
            uri: { prefix: random.pick(['/', '/api', '']) },
          })),
        }
      : {}),
    route: items(random, 4, destination),
    ...(random.chance(0.05)
      ? { [random.pick(['redirect', 'delegate', 'directResponse', 'mirror', 'fault'])]: hostileValue(random) }
      : {}),
  };
}

function aLedger(random: Random): string {
  return random.chance(0.5) ? hostileText(random, 40) : JSON.stringify({ v: 1, seq: 1, revisions: [revision()] });
}
