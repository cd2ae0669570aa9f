import { type Change, isEnded, isWeightsOnly } from '../../src/domain/change/change.ts';
import type { Ramp } from '../../src/domain/ramp/ramp.ts';
import type { RampState } from '../../src/domain/ramp/ramp-state.ts';
import { workspace } from '../../src/sandbox/local-slack.ts';
import { actions } from '../../src/slack/words/button.ts';
import { requestId } from '../../src/workflow/desk.ts';
import type { Fault } from './faults.ts';
import type { Left } from './judge.ts';
import type { TrafficKind } from './made-traffic.ts';
import { rampScenarios } from './ramp-scenarios.ts';
import { sequenceScenarios } from './sequence-scenarios.ts';
import type { Asked, Stage } from './stage.ts';
import type { Serving } from './world.ts';

export interface Scenario {
  /** What came before, which nothing disturbs; then what the person does, at which a fault strikes. */
  readonly prepare: (stage: Stage) => Promise<() => Promise<Asked>>;
  /** Whether a record shows that what the person asked for was taken: that of a change, or of a ramp. */
  readonly isTaken?: (change: Change) => boolean;
  readonly isTakenOn?: (ramp: Ramp) => boolean;
  /** In which states a ramp may be left. Absent: where it comes to if nothing is in its way. */
  readonly ends?: readonly RampState['kind'][];
  /** The last step that may be made of a ramp. Absent: any. */
  readonly lastStep?: number;
  /** The step that a person may make in place of all before it. Absent: none. */
  readonly leapsTo?: number;
  /** What the person was told of an abort must have happened. */
  readonly isAborted?: boolean;
  /** The same is pressed, or delivered, several times at once: one of these may be refused while another one is taken. */
  readonly isPressedOften?: boolean;
  /** What is counted of requests, so that ramps have guards. Absent: nothing. */
  readonly traffic?: TrafficKind;
  /** It is about both clusters. */
  readonly isSequence?: boolean;
  /** Faults that nothing is expected to stand. */
  readonly without?: readonly Fault[];
  /** How long it takes by the clock. Absent: no longer than a change. */
  readonly takesMs?: number;
}

/**
 * With two workers at once, each may create what somebody else deletes in between: for an object that is not there the API server
 * has no precondition.
 */
const twoAtOnce: readonly Fault[] = ['twice', 'pause-before', 'pause-after'];

const byName = {
  shift: {
    prepare: async (stage) => () => stage.type('v2 50'),
    isTaken: () => true,
  },
  'shift-httproute': {
    prepare: async (stage) => {
      const service = await stage.placeHttpRoute();
      return () => stage.type('v2 50', workspace.users.alice.id, service);
    },
    isTaken: () => true,
  },
  'shift-delegate': {
    prepare: async (stage) => {
      const service = await stage.placeDelegate();
      return () => stage.type('v2 50', workspace.users.alice.id, service);
    },
    isTaken: () => true,
  },
  rollback: {
    prepare: async (stage) => {
      const id = await stage.shifted();
      return () => stage.click(id, actions.rollBack, requestId(`rollback:${id}:0`));
    },
    isTaken: ({ reverts }) => reverts !== undefined,
  },
  'apply-anyway': {
    prepare: async (stage) => {
      const id = await stage.held();
      return () => stage.click(id, actions.applyAnyway);
    },
    isTaken: ({ insistedBy }) => insistedBy === workspace.users.alice.id,
  },
  discard: {
    prepare: async (stage) => {
      const id = await stage.held();
      return () => stage.click(id, actions.discard);
    },
    isTaken: isEnded,
  },
  approve: {
    prepare: async (stage) => {
      const id = await stage.awaiting();
      return () => stage.click(id, actions.approve);
    },
    isTaken: ({ approvals = [] }) => approvals.some(({ by }) => by === workspace.users.alice.id),
  },
  reject: {
    prepare: async (stage) => {
      const id = await stage.awaiting();
      return () => stage.typeWhole(`reject ${id} --reason "not tonight"`);
    },
    isTaken: ({ state }) => state.kind === 'rejected',
  },
  'apply-file': {
    prepare: async (stage) => {
      const file = await stage.writeRules('before');
      return () => stage.typeAndConfirm(`apply ${file}`);
    },
    isTaken: isOfFile,
  },
  'shift-behind-file': {
    prepare: async (stage) => {
      const confirm = await stage.shown(`apply ${await stage.writeRules('before')}`);
      return async () => {
        await stage.untilStored(await confirm());
        return stage.typeBeside('v2 50');
      };
    },
    isTaken: isWeightsOnly,
  },
  'delete-file': {
    prepare: async (stage) => {
      const file = await stage.writeRules('as-in-file');
      return stage.shown(`delete ${file}`);
    },
    isTaken: isOfFile,
  },
  unpin: {
    prepare: async (stage) => {
      await stage.writeRules('as-in-file');
      return stage.shown(`unpin ${stage.free} end-user=jason`);
    },
    isTaken: isOfFile,
  },
  'take-back-file': {
    prepare: async (stage) => {
      const id = await stage.confirmed(`apply ${await stage.writeRules('before')}`);
      return () => stage.click(id, actions.rollBack, requestId(`rollback:${id}:0`));
    },
    isTaken: ({ reverts }) => reverts !== undefined,
  },
  'take-back-deletion': {
    prepare: async (stage) => {
      const id = await stage.confirmed(`delete ${await stage.writeRules('as-in-file')}`);
      return () => stage.click(id, actions.rollBack, requestId(`rollback:${id}:0`));
    },
    isTaken: ({ reverts }) => reverts !== undefined,
  },
  'meddled-file': {
    prepare: async (stage) => {
      const file = await stage.writeRules('before');
      stage.meddleWithSecond();
      return stage.shown(`apply ${file}`);
    },
    isTaken: isOfFile,
  },
  'undone-creation': {
    prepare: async (stage) => {
      const file = await stage.writeRules('before');
      stage.undoFirst();
      return stage.shown(`apply ${file}`);
    },
    isTaken: isOfFile,
    without: twoAtOnce,
  },
  ...rampScenarios,
  ...sequenceScenarios,
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof byName;
export const scenarios: Readonly<Record<ScenarioName, Scenario>> = byName;

export function servingOf({ traffic, isSequence = false }: Scenario): Serving {
  return { isCounted: traffic !== undefined, isSequence };
}

/** Whether what the person asked for was taken. */
export function wasTaken(
  { isTaken, isTakenOn }: Scenario,
  { records, ramps }: Pick<Left, 'records' | 'ramps'>,
): boolean {
  const isOfChange = isTaken !== undefined && [...records.values()].some(isTaken);
  return isOfChange || (isTakenOn !== undefined && ramps.some(isTakenOn));
}

function isOfFile(change: Change): boolean {
  return !isWeightsOnly(change);
}

export const scenarioNames = Object.keys(byName) as ScenarioName[]; // the keys of the record that the name is of
