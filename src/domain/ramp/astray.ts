import type { Astray, RampGuards } from './guards.ts';

/** What a look found live. */
export interface FoundSplit {
  readonly since: string;
  /** Whether it is what the step made. */
  readonly isRight: boolean;
  readonly at: string;
}

/**
 * What the guards keep when another split is live than before, undefined if the same one is. A batch lies within one split: none reaches
 * into the time of another one, nor across it.
 */
export function afterSplit(guards: RampGuards, { since, isRight, at }: FoundSplit): RampGuards | undefined {
  const known = astrayIn(guards, since);
  const wasRight = known === undefined || known.rightAt !== undefined;
  if (wasRight === isRight) return undefined;
  if (isRight) return { ...guards, astray: { since, rightAt: at } };
  const { cursor: _, ...rest } = guards;
  return { ...rest, astray: { since } };
}

/** From when on the step's split has been live all the time. */
export function rightSince(guards: RampGuards, since: string): string {
  return astrayIn(guards, since)?.rightAt ?? since;
}

function astrayIn({ astray }: RampGuards, since: string): Astray | undefined {
  return astray?.since === since ? astray : undefined;
}
