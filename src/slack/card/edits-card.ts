import type { Button } from '@slack/types';
import { type Change, effectOf, type State } from '../../domain/change/change.ts';
import {
  contentToInsistOn,
  type EditKind,
  type Edits,
  isSameContent,
  isSameObject,
  kindOf,
  type MovedObject,
  type ObjectEdit,
  type ObjectRef,
} from '../../domain/change/edit.ts';
import { formatCommand } from '../../domain/language/command.ts';
import type { Rule } from '../../domain/routing/route.ts';
import { sameShares } from '../../domain/routing/split.ts';
import { actions, formatButtonValue } from '../words/button.ts';
import { code, foreign, plain } from '../words/mrkdwn.ts';
import { type MovedText, movedSections, objectName, objectSections } from '../words/object-text.ts';
import { moveText, splitText } from '../words/split-text.ts';
import { roleRemedy } from '../words/trial-text.ts';

type StateOf<K extends State['kind']> = Extract<State, { kind: K }>;

const maxListed = 12;
const maxDifferences = 2_500;

/** What a change of more than weights is for: `bookinfo/virtual-service-all-v1`, `delete …`, `unpin …`. */
export function editsAim({ edits, reverts }: Change): string | undefined {
  if (edits === undefined) return undefined;
  const { verb, of } = edits;
  const what = verb === 'apply' ? of : `${verb} ${of}`;
  return reverts === undefined ? what : `back to before ${what}`;
}

/** Beside the one whose line it stands in; what is only its own DestinationRule is none. */
export function andMore({ edits, object }: Change): string {
  const others = (edits?.objects ?? []).filter(
    (each) => each.name !== object.name || each.namespace !== object.namespace,
  );
  const count = new Set(others.map(({ namespace, name }) => `${namespace}/${name}`)).size;
  return count === 0 ? '' : ` and ${count} more`;
}

const words: Record<EditKind, { readonly done: string; readonly planned: string }> = {
  create: { done: 'created', planned: 'create' },
  replace: { done: 'replaced', planned: 'replace' },
  delete: { done: 'deleted', planned: 'delete' },
};

/** A line for each object: what becomes of it, or has. */
export function editRows(change: Change): string {
  const all = change.edits?.objects ?? [];
  const effect = effectOf(change);
  const rows = all.slice(0, maxListed).map((edit) => {
    const { done, planned } = words[kindOf(edit)];
    return `• ${effect.includes(edit) ? done : planned} ${objectName(edit)}${splitPart(edit)}`;
  });
  return [...rows, ...(all.length > maxListed ? [`… +${all.length - maxListed} more objects`] : [])].join('\n');
}

/**
 * Whoever is to approve it, or to have it applied over what somebody else wrote, sees what would become of each object; whoever is to
 * plan it again, what became of the objects since.
 */
export function differences({ edits, state }: Change): ReturnType<typeof objectSections> {
  if (edits === undefined) return [];
  if (state.kind === 'awaiting') return objectSections(edits.objects, maxDifferences);
  if (state.kind === 'void') return movedSections(movedSince(edits, state), maxDifferences);
  return state.kind === 'held' ? objectSections(overFound(edits, state), maxDifferences) : [];
}

/** What is gone has no difference, and what another history has may have none. */
function movedSince({ objects }: Edits, { moved = [] }: StateOf<'void'>): readonly MovedText[] {
  return moved.flatMap(({ content, ...name }) => {
    const was = objects.find((each) => isSameObject(each, name))?.before;
    return content === undefined || isSameContent(was, content) ? [] : [{ name, was, is: content }];
  });
}

/** What would be written over what was found; from which split is not known of that. */
function overFound({ objects }: Edits, { found = [] }: StateOf<'held'>): readonly ObjectEdit[] {
  return found.flatMap(({ content, ...ref }) => {
    const edit = objects.find((each) => isSameObject(each, ref));
    return edit === undefined
      ? []
      : [{ ...edit, before: content, after: contentToInsistOn(edit, content), from: edit.to }];
  });
}

function splitPart({ kind, from, to, before, after }: ObjectEdit): string {
  if (kind !== 'VirtualService' || after === undefined) return '';
  return `: ${foreign(before === undefined || sameShares(from, to) ? splitText(to) : moveText(from, to), 200)}`;
}

/** Why it is held: which object, and who wrote it. */
export function heldEditsNote({ object, because, lastWriter }: StateOf<'held'>): string {
  const who = lastWriter === undefined ? '' : `, last written by ${code(lastWriter)}`;
  const which = object === undefined ? 'An object' : objectName(object);
  const how = {
    moved: 'was written by somebody else',
    recreated: 'was deleted and made anew',
    'ledger-lost': 'has lost its history',
    'predecessor-missing': 'is not as it was planned from',
  }[because];
  return `*${which} ${how}* since this was planned${who}. Nothing was changed. *Apply anyway* makes of all objects what they were to be, whatever they are now.`;
}

/** Why the plan of several objects is void: which of them are others by now, and who wrote the first. */
export function voidEditsNote({ edits }: Change, { moved, lastWriter }: StateOf<'void'>): string {
  const who = lastWriter === undefined ? '' : `, last written by ${code(lastWriter)}`;
  const [first, ...more] = (moved ?? [])
    .slice(0, maxListed)
    .map((each) => `${objectName(each)} ${movedText(each, edits)}`);
  if (first !== undefined) return [`${first} since it was made${who}`, ...more].join('; ');
  return moved === undefined
    ? `One of its objects is not what it was made from${who}`
    : 'Its objects are what it was made from, but something came in between or goes before it';
}

function movedText(moved: MovedObject, edits: Edits | undefined): string {
  const wasThere = edits?.objects.find((each) => isSameObject(each, moved))?.before !== undefined;
  const unseen = moved.content === undefined ? ' (too much to show)' : '';
  switch (moved.how) {
    case 'written':
      return `was ${wasThere ? 'written' : 'created'} by somebody else${unseen}`;
    case 'made-anew':
      return `was deleted and made anew${unseen}`;
    case 'gone':
      return 'was deleted';
    case 'ledger-lost':
      return 'has lost its history';
    case 'changed':
      return `was changed by ${moved.by ?? 'another change'}${unseen}`;
    case 'unreadable':
      return 'has got a history that is not what shiftbot wrote';
  }
}

/** Some objects were written before it could not go on. */
export function partNote(change: Change, { because, object, detail }: StateOf<'failed'>): string {
  const done = effectOf(change);
  const left = (change.edits?.objects ?? []).filter((edit) => !done.includes(edit));
  const where = object === undefined ? '' : ` at ${objectName(object)}`;
  const why =
    because === 'half-applied'
      ? `somebody else has written it${detail === undefined ? '' : ` (${code(detail)})`}`
      : `${partWords[because] ?? 'it could not go on'}${detail === undefined ? '' : `: ${code(detail, 300)}`}`;
  return `*Only a part was applied.* Written: ${listed(done)}. Not written: ${listed(left)}. It stopped${where}: ${why}. *Roll back* takes back what was written.${because === 'not-permitted' ? ` ${roleRemedy}` : ''}`;
}

const partWords: Partial<Record<StateOf<'failed'>['because'], string>> = {
  'not-permitted': 'the cluster does not allow it',
  rejected: 'the API server refuses the object as it would become',
  'too-large': 'the object would grow over what the API server stores',
  contended: 'somebody else kept writing',
  'creation-unclear':
    'it is not there, and whether it was created and deleted since is not known: whoever was at it stopped in the middle',
  'ledger-unreadable': 'its history is not what shiftbot wrote',
};

export function editsRollBackButton(change: Change): Button {
  const all = effectOf(change).map(({ kind, name }) => `${kind} ${name}`);
  return {
    type: 'button',
    action_id: actions.rollBack,
    value: formatButtonValue({ id: change.id }),
    text: plain('Roll back'),
    style: 'danger',
    confirm: {
      title: plain('Roll back?'),
      text: plain(`Back to what they were before: ${all.join(', ')}.`, 280),
      confirm: plain('Roll back'),
      deny: plain('Cancel'),
      style: 'danger',
    },
  };
}

/** What to type to remove a pinned rule. */
export function unpinCommand(
  service: { readonly service: string; readonly namespace: string; readonly cluster: string },
  rule: Pick<Rule, 'match' | 'key'>,
): string {
  const { service: name, namespace, cluster } = service;
  const word = (rule.match ?? rule.key).replaceAll(/\s*([=~])\s*/g, '$1');
  return formatCommand({ verb: 'unpin', service: { service: name, namespace, cluster }, rule: word, dryRun: false });
}

function listed(all: readonly ObjectRef[]): string {
  const shown = all.slice(0, maxListed).map(objectName);
  return [...shown, ...(all.length > maxListed ? [`… +${all.length - maxListed}`] : [])].join(', ') || 'none';
}
