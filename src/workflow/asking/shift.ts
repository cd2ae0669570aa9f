import { planShift, startBehind } from '../../domain/change/plan.ts';
import type { Command } from '../../domain/language/command.ts';
import type { ChangeId } from '../../domain/routing/names.ts';
import { keyOfNamed } from '../../domain/routing/route.ts';
import { noteRefused } from '../audit.ts';
import { type Asker, type Desk, fillIn } from '../desk.ts';
import { mayOverrideOwner } from '../judging/judge-live.ts';
import { type Answer, submit } from './submit.ts';

type Shift = Extract<Command, { verb: 'shift' }>;

/** `/shift reviews v3 50`: plans, and stores the plan as a change in line. Accepted means stored. */
export async function requestShift(desk: Desk, { service, wish, options }: Shift, asker: Asker): Promise<Answer> {
  return submit(desk, {
    name: fillIn(desk, service),
    asker,
    deed: 'shift',
    options,
    plan: (route, before) => {
      const rule = keyOfNamed(route, options.rule);
      return planShift(route, wish, {
        rule: options.rule === undefined ? undefined : rule,
        start: startBehind(route, before, rule),
        mayOverrideOwner: mayOverrideOwner(desk, route),
      });
    },
    focus: wish.kind === 'share' ? wish.version : undefined,
    ahead: false,
  });
}

/** The button that gives everything to the version a change was about. */
export async function promote(
  desk: Desk,
  id: ChangeId,
  asker: Asker,
): Promise<Answer | { readonly kind: 'unknown-change'; readonly id: ChangeId }> {
  const change = await desk.changes.read(id);
  if (change?.focus === undefined) {
    noteRefused(desk, asker, { deed: 'promote', changeId: id, because: 'unknown-change' });
    return { kind: 'unknown-change', id };
  }

  const { object, service, focus, rule } = change;
  const wish = { kind: 'share', version: focus, percent: 100 } as const;
  return submit(desk, {
    name: { cluster: object.cluster, namespace: object.namespace, service },
    asker,
    deed: 'promote',
    options: { dryRun: false },
    object,
    plan: (route, before) =>
      planShift(route, wish, {
        rule,
        start: startBehind(route, before, rule),
        mayOverrideOwner: mayOverrideOwner(desk, route),
      }),
    focus,
    ahead: false,
  });
}
