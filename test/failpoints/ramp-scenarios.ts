import type { Change } from '../../src/domain/change/change.ts';
import { workspace } from '../../src/sandbox/local-slack.ts';
import { actions } from '../../src/slack/words/button.ts';
import { longestLookMs } from '../../src/workflow/guarding/guard-ramp.ts';
import type { Scenario } from './scenarios.ts';
import { needsApprovalFrom, type Stage } from './stage.ts';

/** A ramp that a person moves on, and one whose first step ends by the clock. */
const asking = 'v2 10 ask, 20 ask, 30';
const timed = 'v2 10 for 5m, 20 ask, 30';
/** The shortest step: guards look at it every two seconds, and count the second time. */
const watched = 'v2 10 for 15s, 20 ask, 30';
const watchesMs = 8_000;
/** And whoever is killed or stands still in a look keeps it from the others. */
const looksMs = watchesMs + longestLookMs;

const minuteMs = 60_000;

export const rampScenarios = {
  ramp: {
    prepare: async (stage) => () => stage.ramp.type(asking),
    isTaken: isStep(1),
  },
  'approve-ramp': {
    prepare: async (stage) => {
      await stage.ramp.awaiting(`v2 10 ask, 20 ask, ${needsApprovalFrom}`);
      return () => stage.ramp.pressOnCard(actions.approve);
    },
    isTakenOn: ({ approvals = [] }) => approvals.some(({ by }) => by === workspace.users.alice.id),
    ends: ['awaiting', 'asking'],
    lastStep: 1,
  },
  'due-step': {
    prepare: begun(timed, ({ ramp }) => ramp.letStepBeDue()),
    isTaken: isStep(2),
    takesMs: 1_000,
  },
  'overdue-step': {
    prepare: begun(timed, ({ ramp }) => ramp.letStepBeDue(4 * minuteMs)),
    isTaken: isStep(2),
    takesMs: 1_000,
  },
  'late-step': {
    prepare: begun(timed, ({ ramp }) => ramp.letStepBeDue(6 * minuteMs)),
    isTakenOn: ({ state }) => state.kind === 'held' && state.hold.because === 'late',
    ends: ['held'],
    lastStep: 1,
    takesMs: 1_000,
  },
  'next-step': {
    prepare: begun(asking, ({ ramp }) => ramp.gesture('next')),
    isTaken: isStep(2),
  },
  'next-twice': {
    prepare: begun(asking, ({ ramp }) => ramp.nextTwice()),
    isTaken: isStep(2),
    isPressedOften: true,
    lastStep: 2,
  },
  'finish-ramp': {
    prepare: async (stage) => {
      await stage.ramp.begun(asking);
      return stage.askedAbout(`finish ${stage.service}`, actions.rampFinish);
    },
    isTaken: isStep(3),
    ends: ['asking', 'running'],
    leapsTo: 3,
  },
  'put-back': {
    prepare: async (stage) => {
      await stage.ramp.heldByEdit(timed);
      return () => stage.ramp.pressOnCard(actions.rampPutBack);
    },
    isTakenOn: ({ changes }) => changes.length > 1,
    ends: ['running', 'held'],
    lastStep: 1,
  },
  'go-on-from-here': {
    prepare: async (stage) => {
      await stage.ramp.heldByEdit(timed);
      return () => stage.ramp.pressOnCard(actions.rampResume);
    },
    isTaken: isStep(2),
    ends: ['asking', 'held'],
    lastStep: 2,
  },
  'lost-ramp': {
    prepare: (stage) => stage.ramp.lost(timed),
    isTaken: ({ reverts }) => reverts !== undefined,
  },
  'pause-ramp': {
    prepare: begun(timed, ({ ramp }) => ramp.gesture('pause')),
    isTakenOn: ({ state }) => state.kind === 'paused',
    ends: ['paused', 'running'],
    lastStep: 1,
  },
  'resume-ramp': {
    prepare: async (stage) => {
      await stage.ramp.paused(timed);
      return () => stage.ramp.gesture('resume');
    },
    isTakenOn: ({ state }) => state.kind === 'running',
    ends: ['paused', 'running'],
    lastStep: 1,
  },
  'abort-ramp': {
    prepare: begun(asking, ({ ramp }) => ramp.gesture('abort')),
    isTaken: isStep(0),
    takesMs: 1_000,
  },
  'abort-within-step': {
    prepare: begun(asking, ({ ramp }) => ramp.abortWithinStep()),
    isTaken: (change) => isStep(0)(change) || isStep(2)(change),
    isAborted: true,
    takesMs: 5_000,
  },
  'guard-lets-go': {
    prepare: begun(watched, ({ ramp }) => ramp.letGuardsLook('well')),
    isTaken: isStep(2),
    traffic: 'well',
    takesMs: looksMs,
  },
  'guard-holds': {
    prepare: begun(watched, ({ ramp }) => ramp.letGuardsLook('lost')),
    isTakenOn: ({ state }) => state.kind === 'held' && state.hold.because === 'guard',
    ends: ['held'],
    lastStep: 1,
    traffic: 'lost',
    takesMs: looksMs,
  },
  'guard-takes-back': {
    prepare: begun(watched, ({ ramp }) => ramp.letGuardsLook('failing')),
    isTakenOn: ({ state }) => state.kind === 'back' && state.why === 'taken-back',
    ends: ['back'],
    lastStep: 1,
    traffic: 'failing',
    takesMs: looksMs,
  },
} satisfies Record<string, Scenario>;

/** Its first step is live before anything is struck. */
function begun(text: string, act: (stage: Stage) => ReturnType<Awaited<ReturnType<Scenario['prepare']>>>) {
  return async (stage: Stage) => {
    await stage.ramp.begun(text);
    return () => act(stage);
  };
}

function isStep(step: number): (change: Change) => boolean {
  return ({ ramp }) => ramp?.step === step;
}
