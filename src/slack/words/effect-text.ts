import type { Effect } from '../../domain/routing/standing.ts';
import { astrayText } from './astray-text.ts';
import { code, foreign } from './mrkdwn.ts';

/** Whether the controllers of a route have put it into effect, or why not, in their words. */
export function effectText(effect: Effect): string {
  switch (effect.kind) {
    case 'not-followed':
    case 'followed-in-part':
      return astrayText(effect);
    case 'in-effect':
      return `In effect at ${effect.parents.map((parent) => code(parent, 120)).join(', ')}.`;
    case 'waits':
      return effect.parents.length === 0
        ? 'No controller has said yet that it is in effect.'
        : `Not in effect yet at ${effect.parents.map((parent) => code(parent, 120)).join(', ')}: its controller has not taken this state of it.`;
    case 'refused': {
      const { type, reason, message } = effect.because;
      const what = type === 'ResolvedRefs' ? 'A part of it leads nowhere' : 'Not in effect';
      const why = message === '' ? '' : ` “${foreign(message, 200)}”`;
      return `*${what}* at ${code(effect.parent, 120)}: ${code(reason, 60)}.${why}`;
    }
  }
}
