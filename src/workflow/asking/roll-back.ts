import { planReturns } from '../../domain/change/plan-weights.ts';
import { chooseNamed, chooseNewest, nextAfter, wholeChangeSince } from '../../domain/change/undo.ts';
import type { Command } from '../../domain/language/command.ts';
import { findRevision, movesIn, type Revision } from '../../domain/routing/ledger.ts';
import { keyOfNamed } from '../../domain/routing/named-rule.ts';
import type { ChangeId, RampId, ServiceName } from '../../domain/routing/names.ts';
import { objectKey } from '../../domain/routing/object.ts';
import type { LiveObject } from '../../domain/routing/route.ts';
import { noteRefused } from '../audit.ts';
import { type Asker, type Desk, locateChange, nameOf, openService, requestId } from '../desk.ts';
import { mayOverrideOwner, namedBy } from '../judging/judge-live.ts';
import { decideOnRamp } from '../ramping/decide-on-ramp.ts';
import { answerOnce, type Mode } from './answer-once.ts';
import { lastDeletionOf } from './last-deletion.ts';
import { type Planned, planEdits, type WeightsAim } from './plan.ts';
import { offer, told } from './submit.ts';
import { takingStored } from './take-back.ts';
import { type AskingFor, type RollbackAnswer, refused, takeBack, takeRevisionBack, toldNo } from './take-one-back.ts';

type Rollback = Extract<Command, { verb: 'rollback' }>;

/** `/shift rollback reviews`: back to before the newest change that still stands, or to what a named change made. */
export async function requestRollback(
  desk: Desk,
  command: Rollback,
  asker: Asker,
  mode: Mode = command.options.dryRun ? 'dry-run' : 'do',
): Promise<RollbackAnswer> {
  const { options, backTo } = command;
  const name = await nameOf(desk, command.service);
  const askedAs = requestId(asker.request);
  const { reason, anyway } = options;
  const asking = { asker, askedAs, deed: 'rollback', mode, name, reason, anyway } as const;
  return answerOnce<RollbackAnswer>(desk, asking, () =>
    backTo === undefined ? takeNewestBack(desk, asking, options.rule) : bringBack(desk, asking, backTo, options.rule),
  );
}

/**
 * The button of a card. `seen`: the stamp of the undo that the person was shown. If it is missing or another one, a rollback that must be
 * confirmed is only shown and not done.
 */
export async function rollBack(
  desk: Desk,
  id: ChangeId,
  asker: Asker,
  { seen, reason }: { readonly seen?: string | undefined; readonly reason?: string | undefined } = {},
): Promise<RollbackAnswer> {
  const located = await locateChange(desk, id);
  if (located === undefined) {
    noteRefused(desk, asker, { deed: 'rollback', changeId: id, because: 'unknown-change' });
    return { kind: 'unknown-change', id };
  }
  const { name, stored, object } = located;
  const askedAs = requestId(asker.request);
  const asking = { asker, askedAs, deed: 'rollback', mode: 'do', name, reason } as const;
  return answerOnce<RollbackAnswer>(desk, asking, async () => {
    const taking = stored && takingStored(stored);
    if (taking !== undefined) return takeBack(desk, asking, { taking, stored, seen });

    const { live } = await desk.mesh.open(object);
    const revision = live && findRevision(live.ledger, id); // it may be live, and not recorded yet
    if (live !== undefined && revision !== undefined)
      return takeRevisionBack(desk, asking, { revision, live, name, seen });
    if (stored !== undefined) return toldNo(desk, asking, { kind: 'not-applied', change: stored });
    if (live === undefined)
      return told(desk, asking, { kind: 'not-found', name, found: { kind: 'gone', object } }, { object });
    return toldNo(desk, asking, { kind: 'unknown-change', id }, object);
  });
}

/** Takes back the service's newest change that still stands. If the service's object is gone, takes back the change that deleted it. */
async function takeNewestBack(
  desk: Desk,
  asking: AskingFor,
  typedRule: string | undefined,
): Promise<RollbackAnswer | 'moved'> {
  const { name } = asking;
  const found = await openService(desk, name);
  if (found.kind !== 'found') {
    const deletion = await lastDeletionOf(desk, name);
    const taking = deletion && takingStored(deletion);
    if (taking !== undefined) return takeBack(desk, asking, { taking, stored: deletion, isTyped: true });
    return told(desk, asking, { kind: 'not-found', name, found });
  }
  const { live } = found;
  const rule = typedRule === undefined ? undefined : keyOfNamed(live, typedRule);
  const chosen = chooseNewest(live.ledger, rule);
  if (chosen.kind === 'refused') return refused(desk, asking, chosen.refusal, live.object);
  const { revision } = chosen;
  const ended = asking.mode === 'do' ? await endRamp(desk, asking, revision.ramp?.id) : undefined;
  return ended ?? takeRevisionBack(desk, asking, { revision, live, name, isTyped: true });
}

/** Stops a ramp that is not over, and takes it back. Undefined if there is none. */
async function endRamp(desk: Desk, asking: AskingFor, id: RampId | undefined): Promise<RollbackAnswer | undefined> {
  const { asker, name, reason } = asking;
  const decided = id && (await decideOnRamp(desk, { id, gesture: 'abort', reason }, asker));
  switch (decided?.kind) {
    case 'done':
      return { kind: 'ramp-goes-back', ramp: decided.ramp };
    case 'denied':
      return { kind: 'denied', name, denial: decided.denial };
    default:
      return decided?.kind === 'not-now' && decided.ramp.state.kind === 'going-back'
        ? { kind: 'ramp-goes-back', ramp: decided.ramp }
        : undefined;
  }
}

/**
 * Brings back what a change made. If changes of more than weights came since, the oldest of these is taken back instead: only its record
 * knows what was there before it.
 */
async function bringBack(
  desk: Desk,
  asking: AskingFor,
  id: ChangeId,
  typedRule: string | undefined,
): Promise<RollbackAnswer | 'moved'> {
  const { name } = asking;
  const found = await openService(desk, name);
  if (found.kind !== 'found') return told(desk, asking, { kind: 'not-found', name, found });
  const { live } = found;
  const rule = typedRule === undefined ? undefined : keyOfNamed(live, typedRule);
  const chosen = chooseNamed(live.ledger, id, rule);
  if (chosen.kind === 'refused') return refused(desk, asking, chosen.refusal, live.object);
  const { revision } = chosen;
  const whole = wholeChangeSince(live.ledger, revision);
  if (whole !== undefined) return takeRevisionBack(desk, asking, { revision: whole, live, name });
  return desk.turns.run(objectKey(live.object), () => returnInTurn(desk, asking, live, revision));
}

async function returnInTurn(
  desk: Desk,
  asking: AskingFor,
  live: LiveObject,
  revision: Revision,
): Promise<RollbackAnswer | 'moved'> {
  const { object } = live;
  const { name } = asking;
  const planned = await planReturnTo(desk, live, revision, name);
  if (planned.kind === 'refused') return refused(desk, asking, planned.refusal, object);
  if (planned.kind !== 'plan')
    return told(desk, asking, { kind: 'not-found', name, found: { kind: 'gone', object } }, { object });
  const { plan } = planned;
  const again = plan.edits[0].open.live;
  if (again?.uid !== live.uid || again.ledger.seq !== live.ledger.seq) return 'moved'; // another change came since the history was read
  return offer(desk, { ...asking, reverts: nextAfter(live.ledger, revision)?.id }, plan);
}

function planReturnTo(desk: Desk, { object }: LiveObject, revision: Revision, name: ServiceName): Promise<Planned> {
  const [first, ...more] = movesIn(revision);
  const backs = [{ rule: first.rule, split: first.to }, ...more.map(({ rule, to }) => ({ rule, split: to }))] as const;
  const aim: WeightsAim = {
    kind: 'weights',
    object,
    plan: (live, startOf) => {
      const named = namedBy(
        live,
        backs.map(({ rule }) => rule),
      );
      return planReturns(live, backs, { startOf, mayOverrideOwner: mayOverrideOwner(desk, named) });
    },
  };
  return planEdits(desk, [aim], { aim: { kind: 'back' }, service: name.service, isAhead: true });
}
