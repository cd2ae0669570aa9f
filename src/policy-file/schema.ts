import { z } from 'zod';
import { durationPattern, formatDuration, readDuration } from '../domain/language/duration.ts';
import { nearest } from '../domain/text/nearest.ts';
import { isTimezone, readCalendar } from './calendar.ts';

const day = 24 * 60 * 60_000;

export const userPattern = /^[UW][A-Z0-9]{2,}$/;
const whoPattern = /^([UW][A-Z0-9]{2,}|[a-z][a-z0-9-]{0,62})$/;
const groupPattern = /^(?!(everyone|rollback)$)[a-z][a-z0-9-]{0,62}$/;

export type PolicyText = z.infer<ReturnType<typeof policySchema>>;
export type RuleText = PolicyText['rules'][number];
export type FreezeText = PolicyText['freezes'][number];

/** The policy file. `groups`: the names that its lists may use; without them (as for the JSON Schema) any name will do. */
export function policySchema(groups?: ReadonlySet<string>) {
  const who = listOf(someone(groups), { min: 0 });
  return z
    .strictObject(
      {
        v: z.literal(1, wants('`v: 1`, the only version there is')).default(1).describe('The version of this format'),
        groups: z
          .record(
            z.string().regex(groupPattern, { abort: true, error: ({ input }) => wrongGroupName(String(input)) }),
            z.union(
              [listOf(userId, { min: 1 }), z.strictObject({ usergroup: usergroupId }, wants('`{ usergroup: S… }`'))],
              wants('user ids, like `[U01ALICE, U02BOB]`, or a group of Slack, like `{ usergroup: S0123 }`'),
            ),
            wants('a name and its users for each group'),
          )
          .default({})
          .describe('Names for people: user ids, or a user group of Slack'),
        rules: listOf(rule(who), {
          min: 1,
          max: 500,
          of: 'rules; one that lets everybody shift is `{ target: "**", shift: [everyone] }`',
        }).describe('The first whose target matches decides; what none matches is refused'),
        freezes: listOf(freeze(groups), { min: 0, max: 100, of: 'freezes' })
          .default([])
          .describe('When nothing may be shifted, again and again'),
      },
      wants('`rules:` and below it a list'),
    )
    .describe('Who may do what, where and when, and who must approve it');
}

function wrongGroupName(name: string): string {
  return name === 'everyone' || name === 'rollback'
    ? `\`${name}\` has a meaning of its own: call the group otherwise`
    : 'write a name in lower-case letters, digits and dashes';
}

function rule(who: ReturnType<typeof listOf<ReturnType<typeof someone>>>) {
  return ruleFields(who).refine(({ approve, rollback }) => approve !== undefined || !wantsApproval(rollback), {
    path: ['rollback', 'approve'],
    error: 'the rule has no `approve` that a rollback could take: add one, or leave this out',
  });
}

function wantsApproval(rollback: readonly string[] | { readonly approve: boolean } | undefined): boolean {
  return rollback !== undefined && 'approve' in rollback && rollback.approve;
}

function ruleFields(who: ReturnType<typeof listOf<ReturnType<typeof someone>>>) {
  const several = listOf(who.element, { min: 1 });
  return z.strictObject(
    {
      name: z.string().min(1).max(60).optional().describe('What to call the rule; without it, its target'),
      target,
      channels: listOf(channelId, { min: 1 }).optional().describe('Where it may be asked for; without it, anywhere'),
      shift: who.describe('Who may shift: user ids, groups, or `everyone` of the team'),
      approve: z
        .strictObject(
          {
            by: several.describe('Whose approval counts; never that of whoever asks'),
            count: whole(1, 20).default(1).describe('How many approvals it takes'),
            from: whole(0, 100).default(0).describe('Needed when a share grows to so many percent; 0 is always'),
            expires: duration({ least: 1_000, most: 7 * day })
              .default('1h')
              .describe('How long the approvals are waited for'),
          },
          wants('something like `{ by: [sre], count: 2, from: 25, expires: 30m }`'),
        )
        .optional(),
      maxStep: whole(1, 100).optional().describe('How many percent points one change may give to a version'),
      rollback: z
        .union(
          [
            several,
            z
              .strictObject({
                also: several.optional().describe('Who may roll back, beside those who may shift'),
                only: several.optional().describe('Who alone may roll back'),
                approve: yesOrNo.default(false).describe('Whether a rollback takes the approval, too'),
                duringFreeze: yesOrNo.default(true).describe('Whether a rollback goes through a freeze'),
              })
              .refine(({ also, only }) => also === undefined || only === undefined, 'keep one of `also` and `only`'),
          ],
          wants('who may roll back beside those who may shift, like `[sre]`, or `{ only: [sre], approve: true }`'),
        )
        .optional()
        .describe('Without it, whoever may shift may roll back, without approval and through freezes'),
      duringFreeze: several.optional().describe('Whose changes go through a freeze here'),
      overrideOwner: yesOrNo
        .default(false)
        .describe('Whether to change weights that another controller (Argo CD, Flagger, …) owns'),
    },
    wants('something like `{ target: "prod/payments/*", shift: [sre] }`'),
  );
}

function freeze(groups: ReadonlySet<string> | undefined) {
  return z.strictObject(
    {
      name: z.string(wants('what to call it')).min(1).max(60),
      target,
      cron: z
        .string(wants('when it begins, like `"0 18 * * FRI"`'))
        .refine((text) => readCalendar(text, 'UTC').ok, {
          error: ({ input }) =>
            `write minute, hour, day, month and weekday, like \`"0 18 * * FRI"\`: ${wrongOf(input)}`,
        })
        .describe('When it begins: minute, hour, day of the month, month, day of the week'),
      for: duration({ least: 60_000, most: 31 * day }).describe('How long it lasts, in hours that pass'),
      timezone: z
        .string(wants('a place, like `Europe/Berlin`'))
        .refine(isTimezone, 'write a place, like `Europe/Berlin`; an offset would be wrong for half of the year')
        .default('UTC')
        .describe('Whose clock the cron expression means'),
      except: listOf(someone(groups, ['rollback']), { min: 0 })
        .default(['rollback'])
        .describe('What goes through: `rollback`, and people'),
    },
    wants('something like `{ name: weekend, target: "**", cron: "0 18 * * FRI", for: 62h }`'),
  );
}

const target = z
  .string(wants('`cluster/namespace/service`, like `"prod-*/payments/*"`'))
  .max(200)
  .regex(/^[A-Za-z0-9._:@*/-]+$/, only('write names, `/`, `*` and `**`; there are no other patterns'))
  .refine(isWhole, 'write `cluster/namespace/service`, with `*` for any name, or `**` for all that follows')
  .describe('cluster/namespace/service; `*` is any name or part of one, `**` anything');

const userId = z
  .string(wants('a user id, like `U01ALICE`'))
  .regex(userPattern, only('write a user id, like `U01ALICE`: in Slack, from the profile, “Copy member ID”'));
const usergroupId = z
  .string(wants('the id of a user group, like `S0123`'))
  .regex(/^S[A-Z0-9]{2,}$/, only('write the id of a user group, like `S0123`: it is in its address in Slack'));
const channelId = z
  .string(wants('a channel id, like `C0PAY`'))
  .regex(
    /^[CGD][A-Z0-9]{2,}$/,
    only('write a channel id, like `C0PAY`: it stands at the end of the channel’s details in Slack'),
  );
const yesOrNo = z.boolean(wants('`true` or `false`'));

function someone(groups: ReadonlySet<string> | undefined, more: readonly string[] = []) {
  const known = groups === undefined ? undefined : new Set([...groups, 'everyone', ...more]);
  return z
    .string(wants('a user id, a group’s name or `everyone`'))
    .regex(whoPattern, only('write a user id (`U01ALICE`), the name of a group, or `everyone`'))
    .refine((name) => known === undefined || userPattern.test(name) || known.has(name), {
      error: ({ input }) => unknownGroup(String(input), [...(known ?? [])]),
    });
}

function unknownGroup(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return near === undefined
    ? `no group is called \`${name.slice(0, 63)}\`: add it under \`groups\``
    : `no group is called \`${name.slice(0, 63)}\`; did you mean \`${near}\`?`;
}

function listOf<T extends z.ZodType>(
  item: T,
  { min, max = 200, of = 'a list in brackets' }: { readonly min: number; readonly max?: number; readonly of?: string },
) {
  return z
    .array(item, wants(of))
    .min(min, `write ${of}${of.startsWith('rules') ? '' : '; it is empty'}`)
    .max(max, `write at most ${max}`)
    .superRefine((items, context) => {
      const seen = new Set<unknown>();
      items.forEach((each, at) => {
        if (typeof each === 'string' && seen.has(each))
          context.addIssue({ code: 'custom', path: [at], message: `\`${each}\` stands here a second time` });
        seen.add(each);
      });
    });
}

function whole(least: number, most: number) {
  const what = wants(`a whole number from ${least} to ${most}`);
  return z.int(what).min(least, what).max(most, what);
}

function duration({ least, most }: { readonly least: number; readonly most: number }) {
  const what = 'a number and its unit, like `30m`, `2h` or `7d`';
  return z
    .string(wants(what))
    .regex(durationPattern, wants(what))
    .refine((text) => (readDuration(text) ?? least) >= least, `write \`${formatDuration(least)}\` or more`)
    .refine((text) => (readDuration(text) ?? most) <= most, `write at most \`${most / day}d\``);
}

/** What to write, and nothing more about a value that is wrong in this way. */
function wants(what: string) {
  return {
    abort: true,
    error: ({ input }: { readonly input?: unknown }) =>
      input === undefined ? `is missing: write ${what}` : `write ${what}`,
  };
}

function only(error: string) {
  return { abort: true, error };
}

/** Three names, or fewer where `**` stands for the rest. */
function isWhole(text: string): boolean {
  const parts = text.split('/');
  return parts.every((part) => part !== '' && !part.includes('***')) && (parts.length >= 3 || text.includes('**'));
}

function wrongOf(input: unknown): string {
  const read = readCalendar(String(input), 'UTC');
  return read.ok ? '' : read.wrong;
}

/** What editors check a policy file by; `manifests/policy-file/schema.json` holds it. */
export function policyJsonSchema(): object {
  return { ...z.toJSONSchema(policySchema(), { io: 'input' }), title: 'Policy of shiftbot' };
}
