import { readRampId } from '../routing/names.ts';
import type { Command, RampCommand } from './command.ts';
import { asReason, type Flags } from './flags.ts';
import { formatFlags, join } from './format-flags.ts';
import { type Mistake, mistake, plain, tooMuch } from './mistake.ts';
import { typedService } from './typed-service.ts';

export type RampVerb = Exclude<RampCommand['verb'], 'pause-all'>;

const whichRamps = '`/shift status` shows which ramps are not over.';

/** `pause reviews`, `abort reviews --reason "too slow"`, `pause all` */
export function parseRampCommand(verb: RampVerb, words: readonly string[], flags: Flags): Command | Mistake {
  if (flags.dryRun) return mistake(`\`${verb}\` has no dry run.`, whichRamps);
  const [word, ...more] = words;
  if (word === undefined) return mistake('Which ramp?', `Name its service: \`/shift ${verb} reviews\`.`);
  if (word === 'all') return parseAll(verb, more, flags);
  const id = readRampId(word);
  if (id !== undefined) return mistake(`\`${id}\` is a ramp, and \`${verb}\` takes its service.`, whichRamps);
  const service = typedService(word, flags);
  if (!service.ok) return service.mistake;
  const place = { service: service.value, rule: flags.rule };
  if (verb === 'abort')
    return more.length > 0 ? withReason(word, more, flags) : { verb, ...place, reason: flags.reason };
  const enough = `/shift ${verb} ${plain(word)}`;
  if (more.length > 0) return tooMuch(more, enough);
  return flags.reason === undefined ? { verb, ...place } : mistake('Only `abort` says why.', `Type \`${enough}\`.`);
}

/** Words after the service were meant as the reason. */
function withReason(word: string, more: readonly string[], { reason }: Flags): Mistake {
  const said = reason === undefined ? formatFlags({ reason: asReason(more.map(plain).join(' ')) }) : undefined;
  return tooMuch(more, join('/shift abort', plain(word), said));
}

/** In an incident `pause all -n shop` must not be read as a service of that name. */
function parseAll(verb: RampVerb, more: readonly string[], flags: Flags): Command | Mistake {
  if (verb !== 'pause') return mistake(`\`${verb}\` takes one service, and \`all\` is none.`, whichRamps);
  if (more.length > 0) return tooMuch(more, '/shift pause all');
  const typed = formatFlags(flags);
  if (typed === '') return { verb: 'pause-all' };
  return mistake('`pause all` pauses every ramp that you may pause, and takes no flags.', 'Type `/shift pause all`.');
}
