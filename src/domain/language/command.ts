import type { Wish } from '../change/plan-weights.ts';
import type { TypedScope } from '../policy/scope.ts';
import { formatSteps, type RampSteps } from '../ramp/steps.ts';
import type { ChangeId, RampId } from '../routing/names.ts';
import { nearest } from '../text/nearest.ts';
import { asksForDryRun } from './dry-run-words.ts';
import { type End, formatEnd } from './end.ts';
import { asWord, formatFlags, join } from './format-flags.ts';
import { readPercent } from './percent.ts';

/** A service as it was typed. The configuration fills in a namespace or cluster that was not typed. */
export interface TypedService {
  readonly service: string;
  readonly namespace?: string | undefined;
  readonly cluster?: string | undefined;
  /** The whole word, where it may also be a host of two labels (`example.com`). That is looked for first. */
  readonly host?: string | undefined;
}

export interface Options {
  readonly rule?: string | undefined;
  /** Every rule of the object that splits between versions, in one change. */
  readonly allRules?: true | undefined;
  /** Also to a version that has no ready pod. */
  readonly anyway?: true | undefined;
  readonly reason?: string | undefined;
  readonly dryRun: boolean;
}

/** Commands that move traffic. */
export type MovingCommand =
  | {
      readonly verb: 'shift';
      readonly service: TypedService;
      readonly wish: Wish;
      readonly options: Options;
      /** It was typed as `promote`. */
      readonly promotes?: true | undefined;
    }
  | {
      readonly verb: 'rollback';
      readonly service: TypedService;
      readonly backTo?: ChangeId | undefined;
      readonly options: Options;
    }
  | {
      readonly verb: 'ramp';
      readonly service: TypedService;
      readonly version: string;
      /** `named`: a ramp of the policy file. */
      readonly steps: RampSteps | NamedSteps;
      readonly options: RampOptions;
    };

export interface NamedSteps {
  readonly named: string;
}

export interface RampOptions extends Options {
  readonly noGuard: boolean;
}

/** Commands about a ramp that is not over. */
export type RampCommand =
  | {
      readonly verb: 'pause' | 'resume' | 'next' | 'finish';
      readonly service: TypedService;
      readonly rule?: string | undefined;
    }
  | {
      readonly verb: 'abort';
      readonly service: TypedService;
      readonly rule?: string | undefined;
      readonly reason?: string | undefined;
    }
  /** `pause all`: every ramp that the person may pause. */
  | { readonly verb: 'pause-all' };

/** A command about the one ramp of a service. */
export type OneRampCommand = Exclude<RampCommand, { verb: 'pause-all' }>;

/** Commands that may change more than weights. */
export type EditCommand = EditOptions &
  (
    | { readonly verb: 'apply' | 'delete'; readonly file: string; readonly place: TypedPlace }
    /** `rule`: what it matches (`end-user = jason`), its name or its place (`#1`), as it was typed. */
    | { readonly verb: 'unpin'; readonly service: TypedService; readonly rule: string }
    /** Makes the first objects of a service that nothing routes. `version`: the one that gets everything. */
    | {
        readonly verb: 'init';
        readonly service: TypedService;
        readonly version?: string | undefined;
        readonly httpRoute?: true | undefined;
      }
  );

export function isEditCommand(command: { readonly verb: string }): command is EditCommand {
  return ['apply', 'delete', 'unpin', 'init'].includes(command.verb);
}

export type EditOptions = Omit<Options, 'rule' | 'allRules' | 'anyway'>;

export type TypedPlace = Omit<TypedService, 'service'>;

/** Commands that set or end a lock or a freeze. */
export type HoldCommand =
  | {
      readonly verb: 'lock';
      readonly service: TypedService;
      readonly end?: End | undefined;
      readonly reason?: string | undefined;
    }
  | { readonly verb: 'unlock'; readonly service: TypedService }
  | {
      readonly verb: 'freeze';
      readonly scope: TypedScope;
      readonly end?: End | undefined;
      readonly reason?: string | undefined;
    }
  /** Ends a freeze by its name or by what it covers. Without a scope it lists what is frozen. */
  | { readonly verb: 'thaw'; readonly scope?: TypedScope | undefined };

export type Command =
  | MovingCommand
  | EditCommand
  | HoldCommand
  | RampCommand
  /** Asks what policy says to a command. */
  | { readonly verb: 'why'; readonly command: MovingCommand }
  /** Asks what a ramp saw at each look. */
  | { readonly verb: 'why-ramp'; readonly id: RampId }
  | ({ readonly verb: 'status'; readonly service?: string | undefined } & TypedPlace)
  | { readonly verb: 'history'; readonly service: TypedService }
  | { readonly verb: 'approve' | 'withdraw'; readonly id: ChangeId | RampId }
  | { readonly verb: 'reject'; readonly id: ChangeId | RampId; readonly reason?: string | undefined }
  /** Lists what waits for people. */
  | { readonly verb: 'pending' }
  /** Shows who decided what. */
  | { readonly verb: 'audit'; readonly about: AuditTopic }
  /** Shows one step of the example. */
  | { readonly verb: 'tour'; readonly step: number }
  | { readonly verb: 'help'; readonly topic?: string | undefined };

export type AuditTopic =
  | { readonly kind: 'everything' }
  | { readonly kind: 'service'; readonly service: TypedService }
  /** `user`: the person's id in chat. */
  | { readonly kind: 'person'; readonly user: string }
  | { readonly kind: 'change'; readonly id: ChangeId }
  | { readonly kind: 'ramp'; readonly id: RampId };

export const verbs = [
  'set',
  'promote',
  'rollback',
  'pause',
  'resume',
  'next',
  'abort',
  'finish',
  'apply',
  'delete',
  'unpin',
  'init',
  'status',
  'history',
  'approve',
  'reject',
  'withdraw',
  'pending',
  'lock',
  'unlock',
  'freeze',
  'thaw',
  'audit',
  'why',
  'tour',
  'help',
] as const;
export type Verb = (typeof verbs)[number];

export function isVerb(word: string): word is Verb {
  return verbs.some((verb) => verb === word);
}

/** The command as a person would type it. Parsing the text gives the same command. */
export function formatCommand(command: Command): string {
  switch (command.verb) {
    case 'help':
      return join('/shift', 'help', command.topic && asWord(command.topic));
    case 'tour':
      return join('/shift tour', command.step === 1 ? undefined : String(command.step));
    case 'status':
      return join('/shift', 'status', ...formatService(command));
    case 'history':
      return join('/shift', 'history', ...formatService(command.service));
    case 'approve':
    case 'withdraw':
      return join('/shift', command.verb, command.id);
    case 'reject':
      return join('/shift', 'reject', command.id, command.reason && formatFlags({ reason: command.reason }));
    case 'pending':
      return '/shift pending';
    case 'lock':
      return join(
        '/shift lock',
        ...formatService(command.service, command.end && formatEnd(command.end)),
        formatFlags({ reason: command.reason }),
      );
    case 'unlock':
      return join('/shift unlock', ...formatService(command.service));
    case 'freeze':
      return join('/shift freeze', ...formatScope(command));
    case 'thaw':
      return join('/shift thaw', ...(command.scope === undefined ? [] : formatScope({ scope: command.scope })));
    case 'audit':
      return join('/shift', 'audit', ...formatTopic(command.about));
    case 'why':
      return formatCommand(command.command).replace(/^\/shift/, '/shift why');
    case 'why-ramp':
      return join('/shift why', command.id);
    case 'pause-all':
      return '/shift pause all';
    case 'pause':
    case 'resume':
    case 'next':
    case 'abort':
    case 'finish':
      return formatRampCommand(command);
    case 'ramp':
      return join(
        '/shift',
        needsSet(command) ? 'set' : undefined,
        ...formatService(command.service, join(command.version, stepsText(command))),
        formatFlags(command.options),
      );
    case 'rollback':
      return join(
        '/shift',
        'rollback',
        ...formatService(command.service, command.backTo && `to ${command.backTo}`),
        formatFlags(command.options),
      );
    case 'apply':
    case 'delete':
      return join(
        '/shift',
        command.verb,
        asWord(command.file),
        formatFlags({ ...command.place, ...optionsOf(command) }),
      );
    case 'unpin':
      return join(
        '/shift unpin',
        ...formatService(command.service, asWord(command.rule)),
        formatFlags(optionsOf(command)),
      );
    case 'init':
      return join(
        '/shift init',
        ...formatService(command.service, command.version),
        formatFlags({ httpRoute: command.httpRoute, ...optionsOf(command) }),
      );
    case 'shift':
      if (command.promotes === true && command.wish.kind === 'share')
        return join(
          '/shift promote',
          ...formatService(command.service, command.wish.version),
          formatFlags(command.options),
        );
      return join(
        '/shift',
        isVerb(command.service.service) ? 'set' : undefined,
        ...formatService(command.service, formatWish(command.wish)),
        formatFlags(command.options),
      );
  }
}

function formatRampCommand(command: OneRampCommand): string {
  const { verb, service, rule } = command;
  const flags = formatFlags({ rule, reason: command.verb === 'abort' ? command.reason : undefined });
  // `pause all` is about every ramp, so a service of that name is written with its namespace
  if (service.service !== 'all' || service.namespace === undefined)
    return join('/shift', verb, ...formatService(service), flags);
  return join('/shift', verb, `${service.namespace}/all`, formatFlags({ cluster: service.cluster }), flags);
}

function stepsText({ service: { service }, version, steps }: TypedRamp): string {
  if (!('named' in steps)) return formatSteps(steps);
  return nameNeedsWord(service, version) ? `ramp ${steps.named}` : steps.named;
}

/**
 * Whether the name of a ramp needs the word `ramp` before it: `reviews 50 v3` is a shift in the wrong order, and `noop rollback reviews`
 * is no ramp either.
 */
export function nameNeedsWord(service: string, version: string): boolean {
  return readPercent(version) !== undefined || isVerb(version) || [service, version].some(asksForDryRun);
}

/** Before a version and a name, a word that is nearly a command is read as that command. */
function needsSet({ service: { service }, steps }: TypedRamp): boolean {
  return isVerb(service) || ('named' in steps && (service === 'shift' || nearest(service, verbs) !== undefined));
}

type TypedRamp = Extract<MovingCommand, { verb: 'ramp' }>;

function optionsOf({ reason, dryRun }: EditOptions): EditOptions {
  return { reason, dryRun };
}

function formatTopic(topic: AuditTopic): readonly (string | undefined)[] {
  switch (topic.kind) {
    case 'everything':
      return [];
    case 'service':
      return formatService(topic.service);
    case 'person':
      return [`@${topic.user}`];
    case 'change':
    case 'ramp':
      return [topic.id];
  }
}

function formatWish(wish: Wish): string {
  if (wish.kind === 'share') return `${wish.version} ${wish.percent}`;
  return Object.entries(wish.shares)
    .map(([version, share]) => `${version}=${share}`)
    .join(' ');
}

/** A dot is read as the start of a namespace. So a service with a dot is written `bookinfo/www.example.com` if it has a namespace. */
function formatService(
  place: {
    readonly service?: string | undefined;
    readonly namespace?: string | undefined;
    readonly cluster?: string | undefined;
    readonly host?: string | undefined;
  },
  more?: string,
): readonly (string | undefined)[] {
  const { service, namespace, cluster, host } = place;
  if (host !== undefined) return [host, more, formatFlags({ cluster })];
  if (namespace === undefined || !service?.includes('.')) return [service, more, formatFlags({ namespace, cluster })];
  return [`${namespace}/${service}`, more, formatFlags({ cluster })];
}

function formatScope({
  scope,
  end,
  reason,
}: Omit<Extract<HoldCommand, { verb: 'freeze' }>, 'verb'>): readonly (string | undefined)[] {
  return [scope.pattern, end && formatEnd(end), formatFlags({ cluster: scope.cluster, reason })];
}
