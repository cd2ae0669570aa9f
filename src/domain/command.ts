import type { ChangeId } from './names.ts';
import type { Wish } from './plan.ts';

/** A service as it was typed; the places that were not named are filled in from the configuration. */
export interface TypedService {
  readonly service: string;
  readonly namespace?: string | undefined;
  readonly cluster?: string | undefined;
}

export interface Options {
  readonly rule?: string | undefined;
  readonly reason?: string | undefined;
  readonly dryRun: boolean;
}

export type Command =
  | { readonly verb: 'shift'; readonly service: TypedService; readonly wish: Wish; readonly options: Options }
  | {
      readonly verb: 'rollback';
      readonly service: TypedService;
      readonly backTo?: ChangeId | undefined;
      readonly options: Options;
    }
  | {
      readonly verb: 'status';
      readonly service?: string | undefined;
      readonly namespace?: string | undefined;
      readonly cluster?: string | undefined;
    }
  | { readonly verb: 'history'; readonly service: TypedService }
  | { readonly verb: 'help'; readonly topic?: string | undefined };

export const verbs = ['set', 'promote', 'rollback', 'status', 'history', 'help'] as const;
export type Verb = (typeof verbs)[number];

export function isVerb(word: string): word is Verb {
  return verbs.some((verb) => verb === word);
}

/** The command as a person would type it; reading it gives the command again. */
export function formatCommand(command: Command): string {
  switch (command.verb) {
    case 'help':
      return join('/shift', 'help', command.topic);
    case 'status':
      return join('/shift', 'status', command.service, ...placeFlags(command));
    case 'history':
      return join('/shift', 'history', command.service.service, ...placeFlags(command.service));
    case 'rollback':
      return join(
        '/shift',
        'rollback',
        command.service.service,
        command.backTo && `to ${command.backTo}`,
        ...allFlags(command),
      );
    case 'shift':
      return join(
        '/shift',
        isVerb(command.service.service) ? 'set' : undefined,
        command.service.service,
        formatWish(command.wish),
        ...allFlags(command),
      );
  }
}

/** Words with one space between them; those that are absent leave none. */
export function join(...words: readonly (string | undefined)[]): string {
  return words.filter((word) => word !== undefined && word !== '').join(' ');
}

function formatWish(wish: Wish): string {
  if (wish.kind === 'share') return `${wish.version} ${wish.percent}`;
  return Object.entries(wish.shares)
    .map(([version, share]) => `${version}=${share}`)
    .join(' ');
}

function allFlags(command: {
  readonly service: TypedService;
  readonly options: Options;
}): readonly (string | undefined)[] {
  const { rule, reason, dryRun } = command.options;
  const quoted = reason === undefined ? undefined : `--reason "${reason.replaceAll('"', "'")}"`;
  return [...placeFlags(command.service), rule && `--route ${rule}`, quoted, dryRun ? '--dry-run' : undefined];
}

function placeFlags(place: {
  readonly namespace?: string | undefined;
  readonly cluster?: string | undefined;
}): readonly (string | undefined)[] {
  return [place.namespace && `-n ${place.namespace}`, place.cluster && `--cluster ${place.cluster}`];
}
