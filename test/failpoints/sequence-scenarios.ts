import { actions } from '../../src/slack/words/button.ts';
import { cluster, secondCluster } from '../chaos/history.ts';
import type { Scenario } from './scenarios.ts';

const inBoth = `--cluster ${cluster},${secondCluster}`;
/** A person lets the second share be given, once the first one is live in both clusters. */
const asking = `v2 10 ask, 30 ${inBoth}`;
/** Watched in the first cluster before it is made in the second one. */
const watched = `v2 50 ${inBoth} --watch 5m`;

/** The second cluster is looked at when a round finds that the first one is done. */
const roundsMs = 3_000;

export const sequenceScenarios = {
  sequence: {
    prepare: async (stage) => () => stage.ramp.type(`v2 50 ${inBoth}`),
    isTaken: ({ ramp }) => ramp?.step === 1,
    ends: ['finished'],
    isSequence: true,
    takesMs: roundsMs,
  },
  'sequence-held': {
    prepare: async (stage) => {
      stage.moveInSecond();
      return () => stage.ramp.type(`v2 50 ${inBoth}`);
    },
    isTaken: ({ ramp }) => ramp?.step === 1,
    ends: ['held'],
    lastStep: 1,
    isSequence: true,
    takesMs: roundsMs,
  },
  'sequence-without': {
    prepare: async (stage) => {
      await stage.ramp.begun(watched, 'step 1 of 2', '50 % now');
      await stage.deleteInSecond();
      await stage.ramp.dueAndHeld();
      return () => stage.ramp.pressOnCard(actions.rampWithout);
    },
    isTakenOn: ({ state }) => state.kind === 'finished',
    ends: ['finished', 'held'],
    lastStep: 1,
    isSequence: true,
    takesMs: roundsMs,
  },
  'sequence-taken-back': {
    prepare: async (stage) => {
      await stage.ramp.begun(asking, 'step 2 of 4', '10 % now');
      return () => stage.ramp.gesture('abort');
    },
    isTaken: ({ ramp }) => ramp?.step === 0,
    isSequence: true,
    takesMs: roundsMs,
  },
  'abort-in-second': {
    prepare: async (stage) => {
      await stage.ramp.begun(watched, 'step 1 of 2', '50 % now');
      return () => stage.ramp.abortWithinStep(secondCluster);
    },
    isTaken: ({ ramp }) => ramp?.step === 0 || ramp?.step === 2,
    ends: ['back', 'running'], // watched in the second cluster where the abort did not arrive
    isAborted: true,
    isSequence: true,
    takesMs: 5_000,
  },
} satisfies Record<string, Scenario>;
