import { type Change, concerns, isToBeSeen } from '../../domain/change/change.ts';
import type { TypedService } from '../../domain/language/command.ts';
import type { Hold } from '../../domain/policy/freeze.ts';
import type { ChangeId, Place, ServiceName } from '../../domain/routing/names.ts';
import type { Route } from '../../domain/routing/route.ts';
import { type Desk, fillIn, locateChange, type NotFound, openService } from '../desk.ts';
import { DependencyError, StoreUnavailableError } from '../errors.ts';
import { holdsSeen } from '../judging/holds-seen.ts';
import type { Aged } from '../ports/mesh.ts';

export type StatusAnswer =
  | {
      readonly kind: 'status';
      readonly name: ServiceName;
      readonly route: Route;
      readonly open: readonly Change[] | undefined;
      /** What is locked or frozen; undefined where that is not known. */
      readonly holds: readonly Hold[] | undefined;
    }
  | ({
      readonly kind: 'overview';
      readonly place: Place;
      readonly routes: readonly Route[];
      readonly open: readonly Change[] | undefined;
      /** What is locked or frozen; undefined where that is not known. */
      readonly holds: readonly Hold[] | undefined;
    } & Aged)
  | { readonly kind: 'not-found'; readonly name: ServiceName; readonly found: NotFound };

export type HistoryAnswer =
  | { readonly kind: 'history'; readonly name: ServiceName; readonly route: Route }
  | { readonly kind: 'not-found'; readonly name: ServiceName; readonly found: NotFound };

/** What a service's traffic does now, live, and what waits for it. */
export async function serviceStatus(desk: Desk, typed: TypedService): Promise<StatusAnswer> {
  const name = fillIn(desk, typed);
  const [found, open] = await Promise.all([openService(desk, name), whatIsOpen(desk)]);
  if (found.kind !== 'found') return { kind: 'not-found', name, found };

  const { route } = found.open;
  const holds = await holdsSeen(desk, [route]);
  return { kind: 'status', name, route, open: open?.filter((change) => concerns(change, route.object)), holds };
}

/** Every service of a namespace at a glance. */
export async function overview(
  desk: Desk,
  typed: { readonly namespace?: string | undefined; readonly cluster?: string | undefined },
): Promise<StatusAnswer> {
  const place = fillIn(desk, { ...typed, service: '' });
  if (!desk.mesh.clusters.includes(place.cluster)) {
    return { kind: 'not-found', name: place, found: { kind: 'unknown-cluster', clusters: desk.mesh.clusters } };
  }
  const [{ seen: routes, asOf }, open] = await Promise.all([desk.mesh.services(place), whatIsOpen(desk)]);
  const here = open?.filter(({ object }) => object.cluster === place.cluster && object.namespace === place.namespace);
  return { kind: 'overview', place, routes, open: here, holds: await holdsSeen(desk, routes), asOf };
}

/** Who changed the split, when, from what to what and why: what the object's own ledger has recorded. */
export async function history(desk: Desk, typed: TypedService): Promise<HistoryAnswer> {
  const name = fillIn(desk, typed);
  const found = await openService(desk, name);
  return found.kind === 'found'
    ? { kind: 'history', name, route: found.open.route }
    : { kind: 'not-found', name, found };
}

/** The history of the object that a change of a card is about. */
export async function historyOfChange(
  desk: Desk,
  id: ChangeId,
): Promise<HistoryAnswer | { readonly kind: 'unknown-change'; readonly id: ChangeId }> {
  const located = await locateChange(desk, id);
  if (located === undefined) return { kind: 'unknown-change', id };
  const { object, name } = located;
  const open = await desk.mesh.read(object);
  return open === undefined
    ? { kind: 'not-found', name, found: { kind: 'gone', object } }
    : { kind: 'history', name, route: open.route };
}

const namesWithinMs = 500;

/** What is routed where a bare name is looked for. Undefined when the cluster does not say so in time: help is help without it. */
export async function serviceNames(desk: Desk): Promise<readonly string[] | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), namesWithinMs);
  const reading = desk.mesh.services(fillIn(desk, { service: '' })).then(
    ({ seen }) => seen.map(({ object }) => object.name).toSorted(),
    (err: unknown) => {
      if (!(err instanceof DependencyError)) throw err;
      desk.log.warn({ err }, 'help goes without the names of services');
      return undefined;
    },
  );
  try {
    return await Promise.race([reading, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Undefined when the store does not answer: what is live can be told all the same. */
async function whatIsOpen({ changes, log }: Desk): Promise<readonly Change[] | undefined> {
  try {
    return (await changes.open()).filter((change) => !isToBeSeen(change));
  } catch (err) {
    if (!(err instanceof StoreUnavailableError)) throw err;
    log.warn({ err }, 'what waits is not known');
    return undefined;
  }
}
