import { z } from 'zod';
import { mostClusters } from '../domain/language/clusters.ts';
import { globFault } from '../domain/policy/glob.ts';
import { shortestStepMs } from '../domain/ramp/steps.ts';
import { nearest } from '../domain/text/nearest.ts';
import { isTimezone, readCalendar } from './calendar.ts';
import { day, duration, listOf, only, wants, whole, yesOrNo } from './fields.ts';
import { guardField, hoursField, rampField, rampsField } from './ramp-schema.ts';

/** A user of the bot's own team, or one of another team with that before it. */
export const userPattern = /^([TE][A-Z0-9]{2,}\/)?[UW][A-Z0-9]{2,}$/;
const whoPattern = /^(([TE][A-Z0-9]{2,}\/)?[UW][A-Z0-9]{2,}|[a-z][a-z0-9-]{0,62})$/;
const groupPattern = /^(?!(everyone|rollback)$)[a-z][a-z0-9-]{0,62}$/;

export type PolicyText = z.infer<ReturnType<typeof policySchema>>;
export type RuleText = PolicyText['rules'][number];
export type FreezeText = PolicyText['freezes'][number];

/** The names that the file defines. */
export interface DefinedNames {
  readonly groups: ReadonlySet<string>;
  readonly ramps: ReadonlySet<string>;
}

/** The schema of the policy file. It may use only the names that it defines; without them (for the JSON Schema) any name passes. */
export function policySchema({ groups, ramps }: Partial<DefinedNames> = {}) {
  const who = listOf(someone(groups), { min: 0 });
  return z
    .strictObject(
      {
        v: z.literal(1, wants('`v: 1`, the only version')).default(1).describe('The version of this format'),
        groups: z
          .record(
            z.string().regex(groupPattern, { abort: true, error: ({ input }) => wrongGroupName(String(input)) }),
            z.union(
              [listOf(userId, { min: 1 }), z.strictObject({ usergroup: usergroupId }, wants('`{ usergroup: S… }`'))],
              wants('user ids, like `[U01ALICE, U02BOB]`, or a group of Slack, like `{ usergroup: S0123 }`'),
            ),
            wants('a name with its users for each group'),
          )
          .default({})
          .describe('Names for people: user ids, or a user group of Slack'),
        ramps: rampsField(),
        sequences: sequencesField(),
        rules: listOf(rule(who, ramps), {
          min: 1,
          max: 500,
          of: 'rules; a rule that lets everybody shift is `{ target: "**", shift: [everyone] }`',
        }).describe('The first rule whose target matches decides. What no rule matches is refused'),
        freezes: listOf(freeze(groups), { min: 0, max: 100, of: 'freezes' })
          .default([])
          .describe('Times that come again and again, when nothing may be shifted'),
      },
      wants('`rules:` with a list below it'),
    )
    .describe('Who may do what, where and when, and who must approve it');
}

function sequencesField() {
  return z
    .record(
      z.string().regex(/^[^\s,]{1,253}$/, only('write a name without spaces and commas, like `prod`')),
      listOf(z.string().regex(/^[^,]{1,253}$/, wants('the name of a cluster')), {
        min: 2,
        max: mostClusters,
        of: 'clusters in their order, like `[prod-eu, prod-us]`',
      }),
      wants('a name with its clusters for each sequence'),
    )
    .default({})
    .describe('Clusters that get a change one after the other, by the name that is typed: `--cluster prod`');
}

function wrongGroupName(name: string): string {
  return name === 'everyone' || name === 'rollback'
    ? `\`${name}\` has a special meaning: choose another name for the group`
    : 'write a name in lower-case letters, digits and dashes';
}

type WhoField = ReturnType<typeof listOf<ReturnType<typeof someone>>>;

function rule(who: WhoField, ramps: ReadonlySet<string> | undefined) {
  return ruleFields(who, ramps).refine(({ approve, rollback }) => approve !== undefined || !wantsApproval(rollback), {
    path: ['rollback', 'approve'],
    error: 'the rule has no `approve` for rollbacks to use: add one, or remove this',
  });
}

function wantsApproval(rollback: readonly string[] | { readonly approve: boolean } | undefined): boolean {
  return rollback !== undefined && 'approve' in rollback && rollback.approve;
}

function ruleFields(who: WhoField, ramps: ReadonlySet<string> | undefined) {
  const several = listOf(who.element, { min: 1 });
  return z.strictObject(
    {
      name: z.string().min(1).max(60).optional().describe('The name of the rule. Default: its target'),
      target,
      channels: listOf(channelId, { min: 1 }).optional().describe('The channels where this is allowed. Default: all'),
      shift: who.describe('Who may shift: user ids, groups, or `everyone` (every member of the team)'),
      approve: z
        .strictObject(
          {
            by: several.describe('Whose approval counts. People cannot approve their own changes'),
            count: whole(1, 20).default(1).describe('How many approvals are needed'),
            from: whole(0, 100)
              .default(0)
              .describe('Approval is needed when the share of a version grows to this many percent. 0: always'),
            expires: duration({ least: 1_000, most: 7 * day })
              .default('1h')
              .describe('How long a change waits for its approvals'),
          },
          wants('something like `{ by: [sre], count: 2, from: 25, expires: 30m }`'),
        )
        .optional(),
      maxStep: maxStep.optional().describe('The most percentage points that a version may get more within a time'),
      ramp: rampField(ramps).optional(),
      guard: guardField().optional(),
      hours: hoursField.optional(),
      rollback: z
        .union(
          [
            several,
            z
              .strictObject({
                also: several.optional().describe('Who may roll back, in addition to those who may shift'),
                only: several.optional().describe('The only people who may roll back'),
                approve: yesOrNo.default(false).describe('Whether a rollback needs the approval, too'),
                duringFreeze: yesOrNo.default(true).describe('Whether a rollback is allowed during a freeze'),
              })
              .refine(({ also, only }) => also === undefined || only === undefined, 'keep one of `also` and `only`'),
          ],
          wants(
            'who may roll back in addition to those who may shift, like `[sre]`, or `{ only: [sre], approve: true }`',
          ),
        )
        .optional()
        .describe('Default: everyone who may shift may roll back, without approval and during freezes'),
      duringFreeze: several.optional().describe('Whose changes are allowed during a freeze'),
      withoutPods: yesOrNo
        .default(false)
        .describe('Whether `--anyway` may give traffic to a version that has no ready pod'),
      overrideOwner: yesOrNo
        .default(false)
        .describe('Whether weights that another controller (Argo CD, Flagger, …) owns may be changed'),
    },
    wants('something like `{ target: "prod/payments/*", shift: [sre] }`'),
  );
}

const points = whole(1, 100);

const maxStep = z.union(
  [
    points,
    z.strictObject({
      points: points.describe('So many percentage points'),
      every: duration({ least: shortestStepMs, most: day }).describe('Within this time'),
    }),
  ],
  wants('a whole number from 1 to 100, or with a time, like `{ points: 25, every: 10m }`'),
);

function freeze(groups: ReadonlySet<string> | undefined) {
  return z.strictObject(
    {
      name: z.string(wants('its name')).min(1).max(60),
      target,
      cron: z
        .string(wants('when it starts, like `"0 18 * * FRI"`'))
        .refine((text) => readCalendar(text, 'UTC').ok, {
          error: ({ input }) =>
            `write minute, hour, day, month and weekday, like \`"0 18 * * FRI"\`: ${wrongOf(input)}`,
        })
        .describe('When it starts: minute, hour, day of the month, month, day of the week'),
      for: duration({ least: 60_000, most: 31 * day }).describe(
        'How long it lasts; a change of the clocks does not change that',
      ),
      timezone: z
        .string(wants('a place, like `Europe/Berlin`'))
        .refine(isTimezone, 'write a place, like `Europe/Berlin`; an offset would be wrong for half of the year')
        .default('UTC')
        .describe('The time zone of the cron expression'),
      except: listOf(someone(groups, ['rollback']), { min: 0 })
        .default(['rollback'])
        .describe('What is still allowed: `rollback`, and the changes of these people'),
    },
    wants('something like `{ name: weekend, target: "**", cron: "0 18 * * FRI", for: 62h }`'),
  );
}

const target = z
  .string(wants('`cluster/namespace/service`, like `"prod-*/payments/*"`'))
  .max(200)
  .regex(/^[A-Za-z0-9._:@*/-]+$/, only('write names, `/`, `*` and `**`; there are no other patterns'))
  .refine((text) => globFault(text) === undefined, { error: ({ input }) => globFault(String(input)) ?? '' })
  .refine(isWhole, 'write `cluster/namespace/service`; `*` is any name, `**` is everything from there on')
  .describe('cluster/namespace/service; `*` is any name or part of a name, `**` is anything');

const userId = z
  .string(wants('a user id, like `U01ALICE`'))
  .regex(
    userPattern,
    only(
      'write a user id, like `U01ALICE`: in Slack, from the profile, “Copy member ID”; of another team with that before it: `T02OTHER/U09ERIN`',
    ),
  );
const usergroupId = z
  .string(wants('the id of a user group, like `S0123`'))
  .regex(/^S[A-Z0-9]{2,}$/, only('write the id of a user group, like `S0123`: it is in the URL of the group in Slack'));
const channelId = z
  .string(wants('a channel id, like `C0PAY`'))
  .regex(
    /^[CGD][A-Z0-9]{2,}$/,
    only('write a channel id, like `C0PAY`: it is at the end of the channel’s details in Slack'),
  );

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

/** Three parts, or fewer if `**` replaces the rest. */
function isWhole(text: string): boolean {
  const parts = text.split('/');
  return parts.every((part) => part !== '' && !part.includes('***')) && (parts.length >= 3 || text.includes('**'));
}

function wrongOf(input: unknown): string {
  const read = readCalendar(String(input), 'UTC');
  return read.ok ? '' : read.wrong;
}

/** The JSON Schema for editors; `manifests/policy-file/schema.json` is a copy. */
export function policyJsonSchema(): object {
  return { ...z.toJSONSchema(policySchema(), { io: 'input' }), title: 'Policy of shiftbot' };
}
