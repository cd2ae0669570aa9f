import { mainEdit, mainMove, serviceOf } from '../../domain/change/change.ts';
import { defaultMove } from '../../domain/change/edit.ts';
import { planShift, planShiftOfAll, type Wish } from '../../domain/change/plan-weights.ts';
import type { Refusal } from '../../domain/change/refusal.ts';
import type { Command } from '../../domain/language/command.ts';
import { keyOfNamed } from '../../domain/routing/named-rule.ts';
import { versionNamed } from '../../domain/routing/named-version.ts';
import type { ChangeId, RampId, ServiceName } from '../../domain/routing/names.ts';
import { isSameObject, type ObjectRef, objectKey } from '../../domain/routing/object.ts';
import { objectWord } from '../../domain/routing/object-word.ts';
import { defaultRule, findRule, type LiveObject } from '../../domain/routing/route.ts';
import { noteRefused } from '../audit.ts';
import { type Asker, type Desk, nameOf } from '../desk.ts';
import { mayOverrideOwner, namedBy } from '../judging/judge-live.ts';
import { type Asking, answerOnce, type Mode } from './answer-once.ts';
import { type ObjectOfAll, objectsOfAll } from './objects-of-all.ts';
import { hostsPlanned, type Plan, planEdits, unlessInsisted, type WeightsAim, withoutPods } from './plan.ts';
import { type Answer, offer, told } from './submit.ts';

type Shift = Extract<Command, { verb: 'shift' }>;

/** `/shift reviews v3 50`: plans, and stores the plan as a change in line. Accepted means stored. `overRamp`: the ramp that it ends. */
export async function requestShift(
  desk: Desk,
  { service, wish, options }: Shift,
  asker: Asker,
  mode: Mode = options.dryRun ? 'dry-run' : 'do',
  overRamp?: RampId,
): Promise<Answer> {
  const name = await nameOf(desk, service);
  const asking = { asker, deed: 'shift', mode, name, reason: options.reason, overRamp } as const;
  const ruleOf = (live: LiveObject) => keyOfNamed(live, options.rule);
  const { allRules = false, anyway = false } = options;
  const find = () => desk.mesh.find(name);
  return shift(desk, asking, { name, wish, ruleOf, allRules, find, typed: { anyway } });
}

/** The button that gives all traffic to the version that a change was about. */
export async function promote(
  desk: Desk,
  id: ChangeId,
  asker: Asker,
): Promise<Answer | { readonly kind: 'unknown-change'; readonly id: ChangeId }> {
  const change = await desk.changes.read(id);
  const version = change?.aim.kind === 'split' ? change.aim.focus : undefined;
  if (change === undefined || version === undefined) {
    noteRefused(desk, asker, { deed: 'promote', changeId: id, because: 'unknown-change' });
    return { kind: 'unknown-change', id };
  }
  const { object } = mainEdit(change);
  const { rule } = mainMove(change);
  const name = serviceOf(change);
  return shift(
    desk,
    { asker, deed: 'promote', mode: 'do', name },
    {
      name,
      wish: { kind: 'share', version, percent: 100 },
      ruleOf: () => rule,
      find: () => Promise.resolve({ kind: 'found', object }),
    },
  );
}

interface Shifting {
  readonly name: ServiceName;
  readonly wish: Wish;
  /** The key of the rule that is meant; undefined if none was named and several may be. */
  readonly ruleOf: (live: LiveObject) => string | undefined;
  /** Every rule that splits is meant. */
  readonly allRules?: boolean;
  readonly find: () => ReturnType<Desk['mesh']['find']>;
  /** The person typed it: weights are set only if requests for the service follow them, and there are pods for what gets more, or `anyway`. */
  readonly typed?: { readonly anyway: boolean };
}

async function shift(
  desk: Desk,
  asking: Asking,
  { name, wish, ruleOf, find, allRules = false, typed }: Shifting,
): Promise<Answer> {
  return answerOnce(desk, asking, async () => {
    const found = await find();
    if (allRules && (found.kind === 'found' || found.kind === 'several')) {
      const aims = await aimsOfAll(desk, {
        name,
        wish,
        objects: found.kind === 'found' ? [found.object] : found.objects,
      });
      return desk.turns.run(objectKey(aims[0].object), () => planAndOffer(desk, asking, { name, wish, aims, typed }));
    }
    if (found.kind !== 'found') return told(desk, asking, { kind: 'not-found', name, found });
    const { object } = found;
    const aim: WeightsAim = {
      kind: 'weights',
      object,
      plan: (live, startOf) => {
        const rule = ruleOf(live);
        const mayOverride = mayOverrideOwner(desk, namedBy(live, [rule ?? defaultRule]));
        return planShift(live, wish, { rule, start: startOf(rule ?? defaultRule), mayOverrideOwner: mayOverride });
      },
    };
    return desk.turns.run(objectKey(object), () => planAndOffer(desk, asking, { name, wish, aims: [aim], typed }));
  });
}

type Aims = readonly [WeightsAim, ...WeightsAim[]];

interface All extends Pick<Shifting, 'name' | 'wish'> {
  /** Those that are meant with all of their rules that split. */
  readonly objects: readonly [ObjectRef, ...ObjectRef[]];
}

/** Every rule that splits, of these objects and of all others by which requests for the service come, such as gateways'. */
async function aimsOfAll(desk: Desk, { name, wish, objects }: All): Promise<Aims> {
  const all = await objectsOfAll(desk, name, objects);
  const isOneOfMany = all.length > 1;
  const aimOf = ({ object, among }: ObjectOfAll): WeightsAim => ({
    ...{ kind: 'weights', object, isOneOfMany },
    plan: (live, startOf) => {
      const keys = among ?? live.rules.map(({ key }) => key);
      const mayOverride = mayOverrideOwner(desk, namedBy(live, keys));
      return planShiftOfAll(live, wish, { startOf, among, mayOverrideOwner: mayOverride });
    },
  });
  const [first, ...more] = all;
  return [aimOf(first), ...more.map(aimOf)];
}

interface ShiftAim {
  readonly name: ServiceName;
  readonly wish: Wish;
  readonly aims: Aims;
  readonly typed: Shifting['typed'];
}

async function planAndOffer(desk: Desk, asking: Asking, shiftAim: ShiftAim): Promise<Answer | 'moved'> {
  const { name, wish, aims, typed } = shiftAim;
  const [{ object }] = aims;
  const planning = { aim: { kind: 'split' }, service: name.service, isAhead: false } as const;
  const planned = await planEdits(desk, aims, planning);
  switch (planned.kind) {
    case 'plan': {
      const refusal = typed && refusalOfTyped(desk, planned.plan, { name, ...typed });
      if (refusal !== undefined) return told(desk, asking, { kind: 'refused', name, refusal }, { object });
      return offer(desk, asking, { ...planned.plan, aim: { kind: 'split', focus: focusOf(planned.plan, wish) } });
    }
    case 'gone':
      return told(desk, asking, { kind: 'not-found', name, found: planned }, { object: planned.object });
    case 'refused':
      return told(
        desk,
        asking,
        { kind: 'refused', name: calledFor(name, planned.object, object), refusal: planned.refusal },
        { object: planned.object },
      );
    case 'as-it-is':
      throw new Error('planShift refuses weights that are live already');
  }
}

/** Why what was typed is not done, though it could be. */
function refusalOfTyped(
  desk: Desk,
  plan: Plan,
  { name, anyway }: { readonly name: ServiceName; readonly anyway: boolean },
): Refusal | undefined {
  const { warnings } = plan;
  const [{ edit: main }] = plan.edits;
  const refusals = plan.edits.map(({ edit }) => {
    const named = { object: edit.object, ...hostsPlanned(plan)(edit) };
    return withoutPods(desk, { named, warnings, anyway });
  });
  return unlessInsisted(name, main.object, warnings) ?? refusals.find((each) => each !== undefined);
}

/** What is refused of another object than the first is said of that object. */
function calledFor(name: ServiceName, refused: ObjectRef, first: ObjectRef): ServiceName {
  if (isSameObject(refused, first)) return name;
  const { cluster, namespace } = refused;
  return { cluster, namespace, service: objectWord(refused) };
}

/** The version that gets a share, by the name that it has in the rule. */
function focusOf({ edits: [{ edit, open }] }: Plan, wish: Wish): string | undefined {
  if (wish.kind === 'whole') return undefined;
  const rule = open.live && findRule(open.live, defaultMove(edit).rule);
  return rule === undefined ? wish.version : versionNamed(rule, wish.version);
}

/** Carries out the split that a rule file comes to, as if it were typed: it gives no new rights and needs no confirmation. */
export function shiftTo(
  desk: Desk,
  asking: Asking,
  { object, name, wish }: { object: ObjectRef; name: ServiceName; wish: Wish },
): Promise<Answer> {
  const find = () => Promise.resolve({ kind: 'found', object } as const);
  return shift(desk, asking, { name, wish, ruleOf: (live) => keyOfNamed(live, undefined), find });
}
