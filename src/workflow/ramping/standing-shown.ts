import type { Ramp } from '../../domain/ramp/ramp.ts';

const kinds = ['running', 'paused', 'held', 'asking', 'stepping', 'going-back'];

/** The step that was live when a button was drawn. */
export function stepShownIn(seen: string): number {
  return Math.floor((Number.parseInt(seen, 16) % 1_000) / 16);
}

/** What a button was drawn for: the step, and whether the ramp runs, waits or is held there. Each hold is one of its own. */
export function standingShown({ state }: Pick<Ramp, 'state'>): string {
  const number = 'step' in state ? state.step : 0;
  const kind = kinds.indexOf(state.kind) + 1;
  const since = state.kind === 'held' ? Date.parse(state.at) : 0;
  return (since * 1_000 + number * 16 + kind).toString(16).padStart(16, '0');
}
