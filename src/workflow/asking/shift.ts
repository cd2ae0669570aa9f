import { mainEdit, mainMove, serviceOf } from '../../domain/change/change.ts';
import { defaultMove } from '../../domain/change/edit.ts';
import { planShift, planShiftOfAll, type Refusal, type Wish } from '../../domain/change/plan-weights.ts';
import type { Command } from '../../domain/language/command.ts';
import { keyOfNamed } from '../../domain/routing/named-rule.ts';
import { versionNamed } from '../../domain/routing/named-version.ts';
import type { ChangeId, RampId, ServiceName } from '../../domain/routing/names.ts';
import { type ObjectRef, objectKey } from '../../domain/routing/object.ts';
import { defaultRule, findRule, type LiveObject } from '../../domain/routing/route.ts';
import { noteRefused } from '../audit.ts';
import { type Asker, type Desk, nameOf } from '../desk.ts';
import { mayOverrideOwner, namedBy } from '../judging/judge-live.ts';
import { type Asking, answerOnce, type Mode } from './answer-once.ts';
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
    if (found.kind !== 'found') return told(desk, asking, { kind: 'not-found', name, found });
    const { object } = found;
    const aim: WeightsAim = {
      kind: 'weights',
      object,
      plan: (live, startOf) => {
        if (allRules) {
          const keys = live.rules.map(({ key }) => key);
          return planShiftOfAll(live, wish, { startOf, mayOverrideOwner: mayOverrideOwner(desk, namedBy(live, keys)) });
        }
        const rule = ruleOf(live);
        const mayOverride = mayOverrideOwner(desk, namedBy(live, [rule ?? defaultRule]));
        return planShift(live, wish, { rule, start: startOf(rule ?? defaultRule), mayOverrideOwner: mayOverride });
      },
    };
    return desk.turns.run(objectKey(object), () => planAndOffer(desk, asking, { name, wish, aim, typed }));
  });
}

interface ShiftAim {
  readonly name: ServiceName;
  readonly wish: Wish;
  readonly aim: WeightsAim;
  readonly typed: Shifting['typed'];
}

async function planAndOffer(desk: Desk, asking: Asking, shiftAim: ShiftAim): Promise<Answer | 'moved'> {
  const { name, wish, aim, typed } = shiftAim;
  const planning = { aim: { kind: 'split' }, service: name.service, isAhead: false } as const;
  const planned = await planEdits(desk, [aim], planning);
  switch (planned.kind) {
    case 'plan': {
      const refusal = typed && refusalOfTyped(desk, planned.plan, { name, ...typed });
      if (refusal !== undefined) return told(desk, asking, { kind: 'refused', name, refusal }, { object: aim.object });
      return offer(desk, asking, { ...planned.plan, aim: { kind: 'split', focus: focusOf(planned.plan, wish) } });
    }
    case 'gone':
      return told(desk, asking, { kind: 'not-found', name, found: planned }, { object: aim.object });
    case 'refused':
      return told(desk, asking, { kind: 'refused', name, refusal: planned.refusal }, { object: aim.object });
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
  const [{ edit }] = plan.edits;
  const named = { object: edit.object, ...hostsPlanned(plan)(edit) };
  return unlessInsisted(name, edit.object, warnings) ?? withoutPods(desk, { named, warnings, anyway });
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
