import type { Astray } from '../map/following.ts';

/** What one controller says about a route at one of its parents (`status.parents` of the Gateway API). */
export interface ParentStanding {
  /** `Service reviews`, `Gateway shop/edge`. */
  readonly parent: string;
  readonly controller: string;
  readonly conditions: readonly Condition[];
}

export interface Condition {
  readonly type: string;
  readonly isTrue: boolean;
  readonly reason: string;
  readonly message: string;
  /** The generation of the object that it is about. */
  readonly generation?: number | undefined;
}

/** The generation of an object, and what its controllers say about it. */
export interface Standing {
  /** Absent if controllers do not say which generation they mean. */
  readonly generation?: number | undefined;
  /** The conditions without which it is not served as written. */
  readonly needs: readonly string[];
  readonly parents: readonly ParentStanding[];
}

/** Whether what was written is in effect. */
export type Effect =
  /** By the traffic map: its requests follow something else, or some of them do. */
  | Astray
  | { readonly kind: 'in-effect'; readonly parents: readonly string[] }
  /** A controller has not said anything about this generation yet, or there is none. */
  | { readonly kind: 'waits'; readonly parents: readonly string[] }
  | { readonly kind: 'refused'; readonly parent: string; readonly because: Condition };

/** What several routes of one change come to: what one of them lacks is said of all. */
export function effectOfAll(effects: readonly Effect[]): Effect | undefined {
  const of = <K extends Effect['kind']>(kind: K) =>
    effects.filter((each): each is Extract<Effect, { kind: K }> => each.kind === kind);
  const [refused] = of('refused');
  if (refused !== undefined) return refused;
  const [waiting, done, [dead], [astray]] = [of('waits'), of('in-effect'), of('not-followed'), of('followed-in-part')];
  if (dead !== undefined) return dead;
  if (waiting.length > 0) return { kind: 'waits', parents: namesOf(waiting) };
  if (astray !== undefined) return astray;
  return done.length === 0 ? undefined : { kind: 'in-effect', parents: namesOf(done) };
}

function namesOf(effects: readonly { readonly parents: readonly string[] }[]): readonly string[] {
  return [...new Set(effects.flatMap(({ parents }) => parents))];
}

/** By the controllers' own words. Undefined for kinds that have none. What one of them refuses comes first. */
export function effectOf(standing: Standing | undefined): Effect | undefined {
  if (standing === undefined) return undefined;
  const { parents, generation, needs } = standing;
  const isCurrent = (condition: Condition) => generation === undefined || (condition.generation ?? 0) >= generation;
  const named = parents.map((each) => ({
    parent: each.parent,
    said: each.conditions.filter((condition) => needs.includes(condition.type) && isCurrent(condition)),
  }));
  for (const { parent, said } of named) {
    const because = said.find(({ isTrue }) => !isTrue);
    if (because !== undefined) return { kind: 'refused', parent, because };
  }
  const silent = named.filter(({ said }) => said.length < needs.length).map(({ parent }) => parent);
  const all = [...new Set(named.map(({ parent }) => parent))];
  return silent.length > 0 || all.length === 0
    ? { kind: 'waits', parents: silent }
    : { kind: 'in-effect', parents: all };
}
