import { z } from 'zod';
import { readDuration } from '../domain/language/duration.ts';
import { guardActs } from '../domain/policy/ramps/guard-rule.ts';
import { isRampName } from '../domain/ramp/ramp-name.ts';
import { longestStepMs, shortestStepMs } from '../domain/ramp/steps.ts';
import { nearest } from '../domain/text/nearest.ts';
import { duration, only, wants, whole, yesOrNo } from './fields.ts';
import { readHours } from './hours-text.ts';
import { readNamedSteps } from './ramp-steps.ts';

export type RampsText = z.infer<ReturnType<typeof rampsField>>;
export type RampText = z.infer<ReturnType<typeof rampField>>;
export type GuardText = z.infer<ReturnType<typeof guardField>>;

/** Words that stand in a command where the name of a ramp does. */
const rampPattern = /^(?!(?:all|ask|by|every|for|next|to)$|(?:linear|canary)\d)[a-z][a-z0-9-]{0,62}$/;

const noName = 'write a name in lower-case letters, digits and dashes that is no word of a command, like `careful`';

export function rampsField() {
  return z
    .record(
      z.string().regex(rampPattern, { abort: true, error: noName }).refine(isRampName, { abort: true, error: noName }),
      z
        .strictObject(
          {
            steps: z
              .string(wants('steps in quotes, like `"1, 5, 25, 50, 100"`'))
              .describe(
                'Shares of the new version, each with its own time or `ask` if wanted: `10 for 30m, 50 ask, 100`',
              ),
            every: duration({ least: shortestStepMs, most: longestStepMs })
              .optional()
              .describe('How long a step lasts that has no time of its own'),
          },
          wants('something like `{ steps: "1, 5, 25, 50, 100", every: 10m }`'),
        )
        .superRefine(({ steps, every }, context) => {
          const everyMs = every === undefined ? undefined : readDuration(every);
          const isLength = everyMs === undefined || (everyMs >= shortestStepMs && everyMs <= longestStepMs); // else it has a fault of its own
          const read = readNamedSteps(steps, isLength ? everyMs : shortestStepMs);
          if (!read.ok) context.addIssue({ code: 'custom', path: ['steps'], message: read.wrong });
        }),
      wants('a name with its steps for each ramp'),
    )
    .default({})
    .describe('Ramps that people type by name');
}

/** `names`: the ramps that there are; without them any name passes. */
export function rampField(names: ReadonlySet<string> | undefined) {
  return z
    .strictObject(
      {
        only: yesOrNo.default(false).describe('Whether traffic goes up by ramps only: a single shift up is refused'),
        noSteeperThan: z
          .string(wants('the name of a ramp'))
          .refine((name) => names === undefined || names.has(name), {
            error: ({ input }) => unknownRamp(String(input), [...(names ?? [])]),
          })
          .optional()
          .describe('A ramp of `ramps`: at no time since its start may a ramp give more than this one does'),
      },
      wants('something like `{ only: true, noSteeperThan: careful }`'),
    )
    .describe('How traffic may go up. Default: by a single shift or by any ramp');
}

function unknownRamp(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return near === undefined
    ? `no ramp is called \`${name.slice(0, 63)}\`: add it under \`ramps\``
    : `no ramp is called \`${name.slice(0, 63)}\`; did you mean \`${near}\`?`;
}

export function guardField() {
  return z
    .strictObject(guardFields, wants('something like `{ errors: { times: 1, atMost: 5% }, act: take-back }`'))
    .refine(({ query, atMost }) => query === undefined || atMost !== undefined, {
      path: ['query'],
      error: 'a query needs a bound: write `atMost` beside it',
    })
    .refine(({ query, atMost }) => query !== undefined || atMost === undefined, {
      path: ['atMost'],
      error: 'this is the bound of a `query`, and there is none; the bound of failures is in `errors`',
    })
    .refine(({ query, looks }) => query !== undefined || looks === undefined, {
      path: ['looks'],
      error: 'these are the looks at a `query`, and there is none: add one, or remove this',
    })
    .describe('How ramps are watched. Default: failures, which take a ramp back');
}

const times = z
  .number(wants('how many times as often, like `1.2`'))
  .min(1, wants('`1` or more'))
  .max(100, wants('at most `100`'));

const guardFields = {
  errors: z
    .strictObject(
      {
        times: times.default(1).describe('The new version may fail so many times as often as the others'),
        atMost: z
          .string(wants('a percentage, like `5%`'))
          .regex(/^\d{1,2}(?:\.\d{1,4})?%$/, only('write a percentage below 100, like `5%`'))
          .refine((text) => Number.parseFloat(text) > 0, 'write more than `0%`')
          .optional()
          .describe('It may fail so often in any case'),
      },
      wants('something like `{ times: 1, atMost: 5% }`'),
    )
    .default({ times: 1 })
    .describe('Failures of the new version, compared with the others at the same time'),
  latency: z
    .strictObject(
      { times: times.describe('The new version may be slow so many times as often as the others') },
      wants('something like `{ times: 1.2 }`'),
    )
    .optional()
    .describe('Slow answers. Default: not watched'),
  blind: z
    .enum(['wait', 'go'], wants('`wait` or `go`'))
    .default('wait')
    .describe('What a ramp does after a step in which nothing was seen of the new version'),
  act: z
    .enum(guardActs, wants('`take-back`, `hold` or `tell`'))
    .optional()
    .describe('What a guard does. Default: `take-back`, and `hold` for the `query`'),
  query: z
    .string(wants('a query of Prometheus in quotes'))
    .trim()
    .min(1, wants('a query of Prometheus in quotes'))
    .max(4_000)
    .optional()
    .describe('A query of Prometheus that gives one number'),
  atMost: z.number(wants('a number, like `0.02`')).optional().describe('The bound of the query’s number'),
  looks: whole(1, 100)
    .optional()
    .describe('The guard acts when the number was over its bound so many looks in a row. Default: 3'),
  mayBeOff: yesOrNo.default(false).describe('Whether a ramp may be typed with `--no-guard`'),
};

export const hoursField = z
  .string(wants('days, times and a place, like `"Mon-Fri 09:00-17:00 Europe/Berlin"`'))
  .max(200)
  .refine((text) => readHours(text).ok, {
    error: ({ input }) => {
      const read = readHours(String(input));
      return `write days, times and a place, like \`"Mon-Fri 09:00-17:00 Europe/Berlin"\`: ${read.ok ? '' : read.wrong}`;
    },
  })
  .describe('When traffic may go up: days, times and a place. A ramp waits until then. Default: at any time');
