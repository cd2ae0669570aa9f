import { readChangeId, readRampId } from '../routing/names.ts';
import { quote } from '../text/typed-text.ts';
import { type Command, formatCommand } from './command.ts';
import { asReason, type Flags } from './flags.ts';
import { type Mistake, mistake, plain, tooMuch } from './mistake.ts';

/** These commands do the same as the buttons of a card. */
export function parseDecision(
  verb: 'approve' | 'reject' | 'withdraw',
  words: readonly string[],
  flags: Flags,
): Command | Mistake {
  if (flags.dryRun) return mistake('A decision has no dry run.', 'Type `/shift pending` for what waits.');
  const [word, ...more] = words;
  if (word === undefined)
    return mistake(
      'A decision names a change.',
      `Type \`/shift ${verb} c-7F3K9QXZ\`; \`/shift pending\` lists what waits.`,
    );
  const id = readChangeId(word) ?? readRampId(word);
  if (id === undefined)
    return mistake(`${quote(word)} is not the id of a change.`, 'Type `/shift pending` for what waits.');
  if (verb === 'reject') {
    const said = {
      verb,
      id,
      reason: flags.reason ?? (more.length > 0 ? asReason(more.map(plain).join(' ')) : undefined),
    } as const;
    return more.length > 0 ? tooMuch(more, formatCommand(said)) : said;
  }
  if (more.length > 0) return tooMuch(more, `/shift ${verb} ${id}`);
  return flags.reason === undefined
    ? { verb, id }
    : mistake('Only a rejection says why.', `Type \`/shift ${verb} ${id}\`.`);
}
