import type { Button } from '@slack/types';
import { actions } from '../words/button.ts';
import { escapeText, markup, plain } from '../words/mrkdwn.ts';
import { type Reply, says } from '../words/reply.ts';

/** What the tour needs to know about the place where it runs. */
export interface TourWorld {
  /** The address of Bookinfo's product page. Without it there is no tour. */
  readonly page: string | undefined;
  /** Whether policy asks for an approval before ratings are moved. */
  readonly hasApproval: boolean;
  /** Of which kind Bookinfo's rule files are that fit there. */
  readonly routes: 'virtual-service' | 'http-route';
}

export interface Stop {
  readonly title: string;
  /** One or two sentences each. A line to type is in backticks. */
  readonly lines: readonly string[];
}

/** Istio's traffic-shifting task, played in the channel. src/sandbox/README.md tells the same tour, and a test compares the two. */
export function tourReply(step: number, { page, ...world }: TourWorld): Reply {
  if (page === undefined) return says(noPage);
  const stops = stopsAt(page, world);
  const at = Math.min(Math.max(1, step), stops.length);
  const [stop, next] = [stops[at - 1], stops[at]];
  if (stop === undefined) return says(noPage);
  const text = [`*${at} of ${stops.length} · ${stop.title}*`, ...stop.lines].join('\n');
  return {
    text,
    blocks: [
      { type: 'section', text: markup(text) },
      ...(next === undefined ? [] : [{ type: 'actions' as const, elements: [nextButton(at + 1, next)] }]),
    ],
  };
}

const noPage =
  'The tour needs Bookinfo, and its product page to look at. `npm run sandbox` has both; where Bookinfo runs in a cluster of yours, whoever runs me names its page by `PRODUCT_PAGE_URL`. `/shift help` shows what there is to type.';

function nextButton(step: number, { title }: Stop): Button {
  return {
    type: 'button',
    action_id: actions.tour,
    value: String(step),
    text: plain(`Next: ${title}`),
    style: 'primary',
  };
}

function stopsAt(address: string, { hasApproval, routes }: Omit<TourWorld, 'page'>): readonly Stop[] {
  const page = link(address, 'the product page');
  return [
    {
      title: 'all of it to v1',
      lines: [
        'There are three versions of *reviews*: v1 shows no stars, v2 black ones, v3 red ones. The tour begins with every service at v1:',
        `\`/shift apply bookinfo/${routes}-all-v1\``,
        'In a fresh sandbox I say that all is already so. Later on, it brings you back to this beginning: at once where weights alone differ, else I show the difference first, and *Apply* does it.',
      ],
    },
    {
      title: 'look at the page',
      lines: [
        `Open ${page} and reload it a few times: reviews without stars, each time. The bar shows which version answered the last 100 requests.`,
      ],
    },
    {
      title: 'half of it to v3',
      lines: [
        '`/shift reviews v3 50 --reason "red stars for everyone"`',
        `A card appears, for all in the channel: what was, what is now, who asked and why. One patch has set both weights, and recorded that on the ${routes === 'http-route' ? 'HTTPRoute' : 'VirtualService'} itself.`,
      ],
    },
    {
      title: 'red stars, about half the time',
      lines: [`Reload ${page}: red stars about every second time. Requests are spread at random, and the bar follows.`],
    },
    {
      title: 'what was seen',
      lines: [
        'Some seconds after it was applied, the last line of the card tells what Prometheus has counted since: about as many requests at v1 as at v3. A split that is written is not yet one that traffic follows; this line is the proof.',
        '`/shift status reviews` shows what is live at any time.',
      ],
    },
    {
      title: 'all of it to v3',
      lines: [
        'Press *v3 → 100 %* on the card, or type `/shift promote reviews v3`.',
        `Reload ${page}: red stars only.`,
      ],
    },
    {
      title: 'and back',
      lines: [
        'Press *Roll back* on the last card, or type `/shift rollback reviews`.',
        'It goes back to exactly what was before: half and half. `/shift history reviews` shows the three changes.',
      ],
    },
    {
      title: 'a rule for jason',
      lines: [
        `\`/shift apply bookinfo/${routes}-reviews-test-v2\``,
        'That is more than weights, so I show the difference first, and change nothing until you press *Apply*: a rule that sends the user *jason* to v2, above the one that sends all others to v1.',
        `Sign in as \`jason\` on ${page}: black stars, whatever the split. Such a rule is *pinned*: the split does not reach it, as the card and \`/shift status reviews\` say. This takes it out again, once you press *Apply*:`,
        '`/shift unpin reviews end-user=jason`',
      ],
    },
    ...(hasApproval ? [approval] : []),
    gradually,
    faultsStop(address),
    {
      title: 'clean up',
      lines: [
        `\`/shift delete bookinfo/${routes}-all-v1\``,
        ...(hasApproval ? [cleaningUpHere] : []),
        `Without rules the mesh spreads requests over all versions, whichever comes: no stars, black and red ones on ${page}. *Roll back* on that card brings the rules back. That was the tour; \`/shift help\` shows all the rest.`,
      ],
    },
  ];
}

/** How a person makes v3 fail or slow. `address` is the product page's; the page of the faults is beside it. The link changes nothing by itself. */
export function faultsStop(address: string): Stop {
  const faults = link(new URL('faults?preset=v3-fails', address).href, 'the faults page');
  return {
    title: 'v3 fails',
    lines: [
      '`/shift reviews v3 10..100 by 10 every 15s`',
      `So far every version works. In the sandbox you can change that: open ${faults} and press *v3 fails 5 %*. From then on v3 answers 5 of 100 requests with a 500. Within a minute or two the ramp takes itself back, and its card says what was counted.`,
      'Type it again with *all versions fail 20 %*: no version is worse than the others, so the ramp goes on. *all is well* ends all of it.',
    ],
  };
}

function link(address: string, words: string): string {
  return `<${escapeText(address).replaceAll('|', '%7C')}|${words}>`;
}

const cleaningUpHere =
  'It takes ratings along, so somebody else has to approve it. In the sandbox as it comes, a freeze of details refuses it at weekends.';

const gradually: Stop = {
  title: 'step by step',
  lines: [
    '`/shift reviews v3 10..100 by 10 every 15s`',
    'One card for the whole ramp: where it is, what comes next and when, and what was counted. It compares v3 with the others at the same moment.',
    '*Pause* and *Resume* stop and go on, the button of the next share does not wait, *Roll back* goes back to what was before the ramp, in one change. `/shift finish reviews` does all the rest at once.',
  ],
};

const approval: Stop = {
  title: 'four eyes',
  lines: [
    '`/shift ratings v2 50`',
    'The policy asks for an approval here, so nothing happens yet. Somebody whom the card names presses *Approve*; whoever asked does not count. In the sandbox, become bob or carol (*Act as*, at the top of the page).',
  ],
};
