import type { AuditEvent, AuditKind } from '../../src/domain/change/audit.ts';
import type { Ramp, RampChange } from '../../src/domain/ramp/ramp.ts';
import { clusterAt, clustersOf, isSequence } from '../../src/domain/ramp/sequence.ts';
import { acceptedRamp } from './answers.ts';
import type { Effect } from './effects.ts';
import type { Evidence } from './evidence.ts';
import type { Report } from './findings.ts';

/** As much of a write as is looked at. */
type Write = Pick<Effect, 'id' | 'object'>;
type Seen = Pick<Evidence, 'audit' | 'requests'>;

/** What the audit tells of a change that writes nothing any more by itself. */
const ends: readonly AuditKind[] = [
  'applied',
  'failed',
  'held',
  'superseded',
  'voided',
  'withdrawn',
  'expired',
  'discarded',
];

/** A ramp of several clusters: its clusters come in the order that was typed, each change when the one before has ended, and in its cluster. */
export function checkSequence(ramp: Ramp, own: readonly Write[], { audit, requests }: Seen, report: Report): void {
  if (!isSequence(ramp)) return;
  checkTyped(ramp, requests, report);
  checkPlan(ramp, report);
  for (const [at, { id }] of ramp.changes.entries()) checkTurn(ramp, at, placesOf(id, audit), audit, report);
  for (const { step, id } of ramp.changes)
    for (const { object } of own.filter((write) => write.id === id)) checkPlace(ramp, step, object.cluster, report);
  for (const cluster of clustersOf(ramp)) {
    const back = ramp.changes.filter(({ step }) => step === 0);
    const inCluster = own.filter(({ id, object }) => object.cluster === cluster && back.some((each) => each.id === id));
    if (inCluster.length > 1)
      report.violation('I1', `${ramp.id} went back ${inCluster.length} times in ${cluster}`, own);
  }
}

/** Those that had their share already may be left out. */
function checkTyped(ramp: Ramp, requests: Seen['requests'], report: Report): void {
  const asked = requests.find(({ answer }) => acceptedRamp(answer) === ramp.id);
  const typed = /--cluster (\S+)/.exec(asked?.what ?? '')?.[1]?.split(',');
  if (typed === undefined) return;
  const meant = clustersOf(ramp);
  if (typed.filter((each) => meant.includes(each)).join() !== meant.join())
    report.violation('I1', `${ramp.id} goes to ${meant.join()}, and ${typed.join()} was typed`, { ramp, asked });
}

/** Each share is given in one cluster after the other. */
function checkPlan(ramp: Ramp, report: Report): void {
  const order = clustersOf(ramp);
  const made = ramp.steps.flatMap(({ percent }, at) => {
    const cluster = clusterAt(ramp, at + 1);
    return cluster === undefined ? [] : [{ percent, place: order.indexOf(cluster) }];
  });
  const isWrong = made.some(({ percent, place }, at) => {
    const before = made[at - 1];
    return before !== undefined && before.percent === percent && before.place >= place;
  });
  if (isWrong) report.violation('I1', `${ramp.id} gives a share in another order than ${order.join()}`, ramp);
}

interface Places {
  readonly accepted: number;
  readonly ended: number;
}

/** Where the audit has the begin and the end of a change. It is in the order in which all of it was stored, whatever clocks say. */
function placesOf(id: RampChange['id'], audit: readonly AuditEvent[]): Places {
  const of = (kinds: readonly AuditKind[]) =>
    audit.findIndex(({ changeId, kind }) => changeId === id && kinds.includes(kind));
  return { accepted: of(['accepted']), ended: of(ends) };
}

/** Only a way back need not wait for what is on its way in another cluster. */
function checkTurn(ramp: Ramp, at: number, now: Places, audit: readonly AuditEvent[], report: Report): void {
  const [before, change] = [ramp.changes[at - 1], ramp.changes[at]];
  if (before === undefined || change === undefined || change.step === 0) return;
  const { ended } = placesOf(before.id, audit);
  if (ended >= 0 && ended < now.accepted) return;
  const what = `${ramp.id} put step ${change.step} in line before step ${before.step} had ended`;
  report.violation('I1', what, { ramp, now, ended });
}

function checkPlace(ramp: Ramp, step: number, cluster: string, report: Report): void {
  const own = step === 0 ? cluster : clusterAt(ramp, step);
  if (cluster !== own) report.violation('I1', `${ramp.id} made step ${step} in ${cluster} and not in ${own}`, ramp);
}
