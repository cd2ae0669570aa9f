import { type Change, concerns, isForPeople, isToBeSeen, objectsOf } from '../../domain/change/change.ts';
import type { TypedService } from '../../domain/language/command.ts';
import { type Astray, astrayOf, type Following } from '../../domain/map/following.ts';
import type { Hold } from '../../domain/policy/freeze.ts';
import type { Ramp } from '../../domain/ramp/ramp.ts';
import { keyOfNamed } from '../../domain/routing/named-rule.ts';
import type { ChangeId, Place, RampId, ServiceName } from '../../domain/routing/names.ts';
import type { LiveObject, Route } from '../../domain/routing/route.ts';
import { type Desk, fillIn, locateChange, type NotFound, nameOf, openService } from '../desk.ts';
import { DependencyError, StoreUnavailableError, UntrustedRecordError } from '../errors.ts';
import { holdsSeen } from '../judging/holds-seen.ts';
import type { Aged } from '../ports/mesh.ts';
import { isOf } from '../ramping/find-ramp.ts';
import { type LostRamp, lostAmong } from '../ramping/lost-ramp.ts';

export type StatusAnswer =
  | {
      readonly kind: 'status';
      readonly name: ServiceName;
      readonly route: Route;
      /** Requests for its hosts that do not follow the rule that is shown. */
      readonly astray?: Astray | undefined;
      /** Objects that are written for the same requests and have no effect, because these follow this one. */
      readonly hides?: Following['hides'];
      readonly open: readonly Change[] | undefined;
      /** The ramps that are not over; undefined if the store does not answer. */
      readonly ramps: readonly Ramp[] | undefined;
      /** A ramp without a record, whose last step is live. */
      readonly lost?: LostRamp | undefined;
      /** Locks and freezes; undefined if they could not be read. */
      readonly holds: readonly Hold[] | undefined;
    }
  | ({
      readonly kind: 'overview';
      readonly place: Place;
      readonly routes: readonly Route[];
      readonly open: readonly Change[] | undefined;
      readonly ramps: readonly Ramp[] | undefined;
      /** Locks and freezes; undefined if they could not be read. */
      readonly holds: readonly Hold[] | undefined;
    } & Aged)
  | { readonly kind: 'not-found'; readonly name: ServiceName; readonly found: NotFound };

export type HistoryAnswer =
  | { readonly kind: 'history'; readonly name: ServiceName; readonly route: Route }
  | { readonly kind: 'not-found'; readonly name: ServiceName; readonly found: NotFound };

/** The live split of a service and the changes that wait for it. */
export async function serviceStatus(desk: Desk, typed: TypedService): Promise<StatusAnswer> {
  const name = await nameOf(desk, typed);
  const [found, open, ramps] = await Promise.all([openService(desk, name), whatIsOpen(desk), whatRamps(desk)]);
  if (found.kind !== 'found') return { kind: 'not-found', name, found };

  const { live: route } = found;
  const rule = keyOfNamed(route, undefined);
  const [holds, lost, following] = await Promise.all([
    holdsSeen(desk, [route]),
    whatIsLost(desk, route, name),
    rule === undefined ? undefined : desk.mesh.following(route.object, rule),
  ]);
  const its = ramps?.filter((ramp) => isOf(ramp, { ...name, service: route.object.name }) || isOf(ramp, name));
  return {
    ...{ kind: 'status', name, route, holds, ramps: its, lost, astray: astrayOf(following), hides: following?.hides },
    open: open?.filter((change) => concerns(change, route.object)),
  };
}

/** All services of a namespace at a glance. */
export async function overview(
  desk: Desk,
  typed: { readonly namespace?: string | undefined; readonly cluster?: string | undefined },
): Promise<StatusAnswer> {
  const place = fillIn(desk, { ...typed, service: '' });
  if (!desk.mesh.clusters.includes(place.cluster)) {
    return { kind: 'not-found', name: place, found: { kind: 'unknown-cluster', clusters: desk.mesh.clusters } };
  }
  const [{ seen: routes, asOf }, open, ramps] = await Promise.all([
    desk.mesh.services(place),
    whatIsOpen(desk),
    whatRamps(desk),
  ]);
  const here = open?.filter((change) => objectsOf(change).some((object) => isIn(object, place)));
  const its = ramps?.filter(({ before }) => before.some(({ object }) => isIn(object, place)));
  return { kind: 'overview', place, routes, open: here, ramps: its, holds: await holdsSeen(desk, routes), asOf };
}

function isIn(object: Place, { cluster, namespace }: Place): boolean {
  return object.cluster === cluster && object.namespace === namespace;
}

/** The history of a service, as its object's own ledger has it: who changed the split, when, from what to what, and why. */
export async function history(desk: Desk, typed: TypedService): Promise<HistoryAnswer> {
  const name = await nameOf(desk, typed);
  const found = await openService(desk, name);
  return found.kind === 'found' ? { kind: 'history', name, route: found.live } : { kind: 'not-found', name, found };
}

/** The history of the object that a card's change is about. */
export async function historyOfChange(
  desk: Desk,
  id: ChangeId,
): Promise<HistoryAnswer | { readonly kind: 'unknown-change'; readonly id: ChangeId }> {
  const located = await locateChange(desk, id);
  if (located === undefined) return { kind: 'unknown-change', id };
  const { object, name } = located;
  const { live } = await desk.mesh.open(object);
  return live === undefined
    ? { kind: 'not-found', name, found: { kind: 'gone', object } }
    : { kind: 'history', name, route: live };
}

/** The history of the object that a ramp moves; undefined if nothing is known of the ramp. */
export async function historyOfRamp({ ramps, mesh }: Desk, id: RampId): Promise<HistoryAnswer | undefined> {
  const ramp = await ramps.read(id);
  if (ramp === undefined) return undefined;
  const { name, before } = ramp;
  const [{ object }] = before;
  const { live } = await mesh.open(object);
  return live === undefined
    ? { kind: 'not-found', name, found: { kind: 'gone', object } }
    : { kind: 'history', name, route: live };
}

const namesWithinMs = 500;

/** The services that a name without a namespace can mean. Undefined if the cluster does not answer in time; help works without it. */
export async function serviceNames(desk: Desk): Promise<readonly string[] | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), namesWithinMs);
  const reading = desk.mesh.services(fillIn(desk, { service: '' })).then(
    ({ seen }) => seen.map(({ object }) => object.name).toSorted(),
    (err: unknown) => {
      if (!(err instanceof DependencyError)) throw err;
      desk.log.warn({ err }, 'help is shown without the names of services');
      return undefined;
    },
  );
  try {
    return await Promise.race([reading, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Undefined if the store does not answer: the live split can be shown without it. */
async function whatIsOpen({ changes, log }: Desk): Promise<readonly Change[] | undefined> {
  try {
    return (await changes.open()).filter((change) => !isToBeSeen(change) && change.ramp === undefined);
  } catch (err) {
    if (!(err instanceof StoreUnavailableError)) throw err;
    log.warn({ err }, 'the open changes could not be read');
    return undefined;
  }
}

/** The same for ramps. */
async function whatRamps({ ramps, log }: Desk): Promise<readonly Ramp[] | undefined> {
  try {
    return await ramps.open();
  } catch (err) {
    if (!(err instanceof StoreUnavailableError)) throw err;
    log.warn({ err }, 'the ramps could not be read');
    return undefined;
  }
}

/** A ramp whose last step is live and that has lost its record. A record that was not read is not lost. */
async function whatIsLost(desk: Desk, live: LiveObject, name: ServiceName): Promise<LostRamp | undefined> {
  try {
    const lost = await lostAmong(desk, live, name);
    return lost.find(({ isLive }) => isLive);
  } catch (err) {
    if (!(err instanceof StoreUnavailableError) && !(err instanceof UntrustedRecordError)) throw err;
    desk.log.warn({ err }, 'whether the record of a ramp is lost is not known');
    return undefined;
  }
}

/** All that waits for people: changes, and ramps that wait for approval, for a person, or after something stopped them. */
export async function pending({
  changes,
  ramps,
}: Desk): Promise<{ readonly changes: readonly Change[]; readonly ramps: readonly Ramp[] }> {
  const [open, ramped] = await Promise.all([changes.open(), ramps.open()]);
  return {
    changes: open.filter((change) => isForPeople(change) && change.ramp === undefined),
    ramps: ramped.filter(rampIsForPeople),
  };
}

/** A ramp that waits for approval, for a person, or after something stopped it. */
export function rampIsForPeople({ state }: Pick<Ramp, 'state'>): boolean {
  return ['awaiting', 'asking', 'held'].includes(state.kind);
}
