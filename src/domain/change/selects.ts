import { type Backend, findRule, labelText, type Rule } from '../routing/route.ts';
import { weightOf } from '../routing/split.ts';
import type { ObjectEdit } from './edit.ts';

/** Before what no label tells. No label begins so. */
const by = 'by ';

interface Read {
  readonly edit: Pick<ObjectEdit, 'kind'> & {
    readonly moves: readonly Pick<ObjectEdit['moves'][number], 'rule' | 'to'>[];
  };
  readonly rules: readonly Pick<Rule, 'key' | 'backends'>[] | undefined;
}

/**
 * What the versions that moves of weights give traffic to select, by the labels of their subsets: `reviews.default.svc.cluster.local v3
 * version=v3`; without subsets by what chooses them else. People approve these pods, and not only the name of a version.
 */
export function selectsOf(read: readonly Read[]): readonly string[] {
  const found = read.flatMap(({ edit, rules = [] }) =>
    edit.kind === 'content' ? [] : edit.moves.flatMap(({ rule, to }) => ofRule(findRule({ rules }, rule), to)),
  );
  return [...new Set(found)].toSorted();
}

function ofRule(rule: Pick<Rule, 'backends'> | undefined, to: ObjectEdit['moves'][number]['to']): readonly string[] {
  return (rule?.backends ?? [])
    .filter(({ version }) => weightOf(to, version) > 0)
    .map((backend) => `${backend.host} ${backend.version} ${chosenText(backend)}`);
}

function chosenText({ selects, chosenBy }: Backend): string {
  if (selects !== undefined) return labelText(selects);
  return chosenBy === undefined ? '' : `${by}${chosenBy}`;
}

/**
 * Whether the versions are other pods by now than those that were approved. Where it was not known what chooses them, because the bot might
 * not read it or a version before this one did not, there is nothing to compare.
 */
export function isRelabelled(approved: readonly string[] | undefined, now: readonly string[]): boolean {
  const isSame = (was: string, is = '') => was === is || (was.endsWith(' ') && is.startsWith(`${was}${by}`));
  return (
    approved !== undefined && (approved.length !== now.length || approved.some((each, at) => !isSame(each, now[at])))
  );
}
