import type { HomeView, KnownBlock } from '@slack/types';
import type { Home } from '../../workflow/looking/home.ts';
import { rampIsForPeople } from '../../workflow/looking/look-up.ts';
import type { Place } from '../../workflow/ports/cards.ts';
import { astrayText } from '../words/astray-text.ts';
import { fitted, markup, plain } from '../words/mrkdwn.ts';
import { section } from '../words/object-text.ts';
import { momentText } from '../words/time-text.ts';
import { pendingReply } from './approval.ts';
import { rampLine } from './ramps/lines.ts';

/** A view has 100 blocks. */
const mostRamps = 40;
const maxLine = 1_200;

interface Looking {
  /** Who looks. */
  readonly user: string;
  /** `https://sandbox.slack.com/`: where links to messages begin; undefined if Slack did not say. */
  readonly workspace: string | undefined;
  readonly now: Date;
}

/** The home of the bot: the ramps that are not over, and what waits for people. Undefined: the store did not answer. */
export function homeView(home: Home | undefined, { user, workspace, now }: Looking): HomeView {
  const known: KnownBlock[] =
    home === undefined
      ? [section('Redis does not answer, so what runs and what waits is not known. Open this tab again in a moment.')]
      : [
          header('Ramps that are not over'),
          ...rampSections(home, user, workspace),
          header('Changes that wait for people'),
          section(waitingText(home)),
        ];
  const asOf = `As of ${momentText(now.toISOString())}. It is drawn anew when you open this tab. ${'`/shift status`'} shows what is live.`;
  return { type: 'home', blocks: [...known, { type: 'context', elements: [markup(asOf)] }] };
}

/** The ramps stand above, each with what it waits for. */
function waitingText({ ramps, waiting }: Home): string {
  const ramped = ramps.filter(({ ramp }) => rampIsForPeople(ramp)).length;
  if (waiting.length > 0 || ramped === 0) return pendingReply(waiting).text;
  return `No change waits for a decision. ${ramped} of the ramps above ${ramped === 1 ? 'does' : 'do'}.`;
}

function header(text: string): KnownBlock {
  return { type: 'header', text: plain(text) };
}

function rampSections({ ramps }: Home, user: string, workspace: string | undefined): readonly KnownBlock[] {
  if (ramps.length === 0) return [section('No ramp runs.')];
  const more = ramps.length > mostRamps ? [section(`… +${ramps.length - mostRamps} more ramps`)] : [];
  const lines = ramps.slice(0, mostRamps).map(({ ramp, card, astray }) => {
    const link = card === undefined || !maySee(card, ramp.by, user) ? undefined : linkTo(card, workspace);
    const dead = astray?.kind === 'not-followed' ? ` ${astrayText(astray)}` : '';
    const line = fitted(`${rampLine(ramp)}${dead}`, maxLine);
    return section(link === undefined ? line : `${line} <${link}|Its card>`);
  });
  return [...lines, ...more];
}

/** Where the bot may not write in the channel, the card is in its messages with the person who asked. */
function maySee({ channel }: Place, by: string, user: string): boolean {
  return !channel.startsWith('D') || by === user;
}

function linkTo({ channel, ts }: Place, workspace: string | undefined): string | undefined {
  const isPlace = /^[A-Z0-9]+$/.test(channel) && /^\d+\.\d+$/.test(ts);
  if (workspace === undefined || !isPlace || !/^https?:\/\/[^\s<>|]+\/$/.test(workspace)) return undefined;
  return `${workspace}archives/${channel}/p${ts.replace('.', '')}`;
}
