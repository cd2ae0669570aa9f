import type { ObjectEdit } from '../../domain/change/edit.ts';
import type { PlannedEdit, Trial } from '../../workflow/asking/plan-content.ts';
import { code } from './mrkdwn.ts';
import { objectName } from './object-text.ts';

/** The part of a plan that these texts need. */
interface Tried {
  readonly edits: readonly [TriedEdit, ...TriedEdit[]];
}

type TriedEdit = Pick<PlannedEdit, 'edit' | 'trial'>;

/** The API server's refusals and warnings of a plan, each sentence once. */
export function trialLines({ edits }: Tried): readonly string[] {
  return [...new Set(edits.flatMap(({ edit, trial }) => trialText(edit, trial)))];
}

/** All that the API server says in a dry run of weights, or that it was not asked. */
export function weightsTrialLines(plan: Tried): readonly string[] {
  const [first, ...more] = plan.edits;
  if (more.length === 0) return ofOnly(first);
  if (plan.edits.some(({ trial }) => trial.kind === 'not-asked')) return [notAsked, ...trialLines(plan)];
  const isFine = plan.edits.every(({ trial }) => trial.kind === 'fine');
  return [...(isFine ? [wouldTake] : []), ...trialLines(plan)];
}

const wouldTake = 'The API server would take it.';
const notAsked = 'The API server was not asked, since others are applied first.';

/** One object need not be named. */
function ofOnly({ edit, trial }: TriedEdit): readonly string[] {
  switch (trial.kind) {
    case 'fine':
      return [wouldTake, ...trial.warnings.map((warning) => `It warns: ${code(warning, 300)}`)];
    case 'rejected':
      return [`The API server would refuse it: ${code(trial.message, 500)}`];
    case 'moved':
      return ['Somebody wrote the object while it was asked, so there is no verdict. Type it again.'];
    case 'not-asked':
      return [notAsked];
    case 'forbidden':
      return trialText(edit, trial);
  }
}

function trialText(edit: ObjectEdit, trial: Trial): readonly string[] {
  switch (trial.kind) {
    case 'fine':
      return trial.warnings.slice(0, 3).map((warning) => `The API server warns: ${code(warning, 300)}`);
    case 'rejected':
      return [
        `The API server would refuse ${objectName(edit.object)}: ${code(trial.message, 500)}${policyRemedy(trial.message)}`,
      ];
    case 'forbidden':
      return [`${code(trial.message, 400)}. ${edit.kind === 'content' ? roleRemedy : weightsRemedy}`];
    case 'moved':
      return [`Somebody wrote ${objectName(edit.object)} while it was asked, so there is no verdict. Type it again.`];
    case 'not-asked':
      return [];
  }
}

/** Recognises our two admission policies by their messages. */
function policyRemedy(message: string): string {
  if (message.includes('shiftbot may change only weights')) return `. ${weightsOnlyRemedy}`;
  return message.includes('shiftbot may change only what stays within the namespace')
    ? `. ${withinNamespaceRemedy}`
    : '';
}

export const weightsRemedy = 'The people who run shiftbot can grant it (`manifests/`).';
export const roleRemedy =
  'The people who run shiftbot can grant it, and that is a decision: see `manifests/rule-files`, which is not part of the base.';
const weightsOnlyRemedy =
  'That is the admission policy of `manifests/policy`; `manifests/rule-files/policy` takes its place where rule files are to be applied.';
const withinNamespaceRemedy =
  'That is the admission policy of `manifests/rule-files/policy`: what leads out of the namespace is for somebody else to apply, with kubectl.';
