/** `failing`: half of what the canary answers is bad. `lost`: some requests reach no version. */
export type TrafficKind = 'well' | 'failing' | 'lost';

export const canary = 'v2';
export const others = { version: 'v1', perSecond: 36 };

/** What comes to the canary each second, and to no version. */
export const perSecond: Readonly<
  Record<TrafficKind, { readonly good: number; readonly bad: number; readonly unreached: number }>
> = {
  well: { good: 4, bad: 0, unreached: 0 },
  failing: { good: 2, bad: 2, unreached: 0 },
  lost: { good: 4, bad: 0, unreached: 1 },
};
