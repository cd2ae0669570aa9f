import type { AuditEvent } from '../../src/domain/change/audit.ts';
import { type Change, mainEdit } from '../../src/domain/change/change.ts';
import { type Ramp, stepOf } from '../../src/domain/ramp/ramp.ts';
import type { Evidence } from './evidence.ts';
import type { Report } from './findings.ts';

/** The clocks of several processes differ. */
const clocksMs = 2_000;

/** A ramp's change that has a record, and the number of its step. */
interface Made {
  readonly step: number;
  readonly change: Change;
}

/** Each change of a ramp comes when the one before has ended, and a step when a person wants it, or the time of the one before is over. */
export function checkPace(ramp: Ramp, { records, audit }: Pick<Evidence, 'records' | 'audit'>, report: Report): void {
  const made = ramp.changes.flatMap(({ step, id }): readonly Made[] => {
    const change = records.get(id);
    return change === undefined ? [] : [{ step, change }];
  });
  const about = audit.filter(({ rampId, changeId }) => rampId === ramp.id && changeId === undefined);
  for (const [at, now] of made.entries()) {
    const before = made[at - 1];
    if (before !== undefined) checkOneAtATime(ramp, { before, now, audit }, report);
    if (now.step > 0) checkAllowed(ramp, now, about, report);
    const live = made.slice(0, at).findLast(({ change, step }) => step > 0 && change.state.kind === 'applied');
    if (live !== undefined && now.step > live.step && before?.step === live.step)
      checkTime(ramp, live, now, about, report);
  }
}

interface Neighbours extends Pick<Evidence, 'audit'> {
  readonly before: Made;
  readonly now: Made;
}

/** One cluster may go back while a step is on its way in another one. */
function checkOneAtATime({ id }: Ramp, { before, now, audit }: Neighbours, report: Report): void {
  if (now.step === 0 && clusterOf(now) !== clusterOf(before)) return;
  if (beginMs(now) + clocksMs < endMs(before.change, audit))
    report.violation('I1', `${id} had two changes at once: steps ${before.step} and ${now.step}`, { before, now });
}

/** From then on it writes nothing by itself. A held change does not, either; it is discarded once its ramp went on without it. */
function endMs({ id, state }: Change, audit: Evidence['audit']): number {
  const ended =
    state.kind === 'discarded' ? audit.findLast(({ changeId, kind }) => changeId === id && kind === 'held') : undefined;
  const at = ended?.at ?? ('at' in state ? state.at : undefined);
  return at === undefined ? Number.POSITIVE_INFINITY : Date.parse(at);
}

/** Whoever stopped it, a person let it go on before its next step. */
function checkAllowed({ id }: Ramp, now: Made, about: readonly AuditEvent[], report: Report): void {
  const stopped = about.findLast(({ kind, at }) => kind in stops && Date.parse(at) + clocksMs < beginMs(now));
  if (stopped === undefined) return;
  const isLetOn = about.some(
    (event) => event.kind === 'ramp-resumed' && revOf(event) > revOf(stopped) && isBy(event, now),
  );
  if (isLetOn) return;
  const how = stops[stopped.kind];
  report.violation('I1', `${id} made step ${now.step} although it was ${how}`, { stopped, now, about });
}

const stops: Partial<Record<AuditEvent['kind'], string>> = {
  'ramp-stopped': 'held',
  'ramp-paused': 'paused',
  'ramp-goes-back': 'on its way back',
};

function checkTime(ramp: Ramp, live: Made, now: Made, about: readonly AuditEvent[], report: Report): void {
  const { state } = live.change;
  const stay = stepOf(ramp, live.step)?.stay;
  const isByPerson = about.some(
    ({ kind, at }) => kind === 'ramp-resumed' && Math.abs(Date.parse(at) - beginMs(now)) < clocksMs,
  );
  if (state.kind !== 'applied' || isByPerson) return;
  if (stay?.kind !== 'for') {
    report.violation('I1', `${ramp.id} made step ${now.step}, and nobody let it`, { live, now, about });
    return;
  }
  const sinceMs = Date.parse(state.at);
  const lastedMs = beginMs(now) - sinceMs - stoppedMs(about, sinceMs, beginMs(now));
  if (lastedMs + clocksMs < stay.ms)
    report.violation('I1', `step ${live.step} of ${ramp.id} lasted ${lastedMs} ms, of ${stay.ms}`, {
      live,
      now,
      about,
    });
}

/** For how long a person or a hold had stopped its clock in a period. */
function stoppedMs(about: readonly AuditEvent[], fromMs: number, untilMs: number): number {
  let stoppedAtMs: number | undefined;
  let sumMs = 0;
  for (const { kind, at } of about.toSorted((a, b) => revOf(a) - revOf(b))) {
    const atMs = Math.min(Math.max(Date.parse(at), fromMs), untilMs);
    if (kind === 'ramp-paused' || kind === 'ramp-stopped') stoppedAtMs ??= atMs;
    if (kind !== 'ramp-resumed' || stoppedAtMs === undefined) continue;
    sumMs += atMs - stoppedAtMs;
    stoppedAtMs = undefined;
  }
  return sumMs + (stoppedAtMs === undefined ? 0 : untilMs - stoppedAtMs);
}

function clusterOf({ change }: Made): string {
  return mainEdit(change).object.cluster;
}

function beginMs({ change }: Made): number {
  return Date.parse(change.acceptedAt);
}

function isBy({ at }: AuditEvent, now: Made): boolean {
  return Date.parse(at) <= beginMs(now) + clocksMs;
}

/** `r-00000001.3` is of rev 3. */
function revOf({ id }: AuditEvent): number {
  return Number(id.slice(id.lastIndexOf('.') + 1));
}
