import type { ObjectEdit } from '../../domain/change/edit.ts';
import type { EditsPlan, EditTrial } from '../../workflow/asking/plan-edits.ts';
import { code } from './mrkdwn.ts';
import { objectName } from './object-text.ts';

/** What the API server says to the edits, each sentence once. */
export function trialLines({ edits }: Pick<EditsPlan, 'edits'>): readonly string[] {
  return [...new Set(edits.flatMap(({ edit, trial }) => trialText(edit, trial)))];
}

function trialText(edit: ObjectEdit, trial: EditTrial): readonly string[] {
  switch (trial.kind) {
    case 'fine':
      return trial.warnings.slice(0, 3).map((warning) => `The API server warns: ${code(warning, 300)}`);
    case 'rejected':
      return [
        `The API server would refuse ${objectName(edit)}: ${code(trial.message, 500)}${policyRemedy(trial.message)}`,
      ];
    case 'forbidden':
      return [`${code(trial.message, 400)}. ${roleRemedy}`];
    case 'moved':
      return [`Somebody wrote ${objectName(edit)} while it was asked, so there is no verdict. Type it again.`];
  }
}

/** Recognises our two admission policies by their messages. */
function policyRemedy(message: string): string {
  if (message.includes('shiftbot may change only weights')) return `. ${weightsOnlyRemedy}`;
  return message.includes('shiftbot may change only what stays within the namespace')
    ? `. ${withinNamespaceRemedy}`
    : '';
}

export const roleRemedy =
  'The people who run shiftbot can grant it, and that is a decision: see `manifests/rule-files`, which is not part of the base.';
const weightsOnlyRemedy =
  'That is the admission policy of `manifests/policy`; `manifests/rule-files/policy` takes its place where rule files are to be applied.';
const withinNamespaceRemedy =
  'That is the admission policy of `manifests/rule-files/policy`: what leads out of the namespace is for somebody else to apply, with kubectl.';
