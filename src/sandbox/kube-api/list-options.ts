import { type FieldError, forbidden, notSupported } from './field-error.ts';
import type { ResourceRequest } from './request.ts';
import { isTrue } from './request-info.ts';
import { badRequest, internal } from './status.ts';
import { refuseOptions } from './write-options.ts';

export interface ListOptions {
  readonly limit: number;
  readonly continueToken: string;
  /** Undefined if none was given. */
  readonly resourceVersion: number | undefined;
  readonly resourceVersionMatch: string;
  readonly sendInitialEvents: boolean;
  readonly allowWatchBookmarks: boolean;
  readonly timeoutSeconds: number | undefined;
}

const MATCHES = ['Exact', 'NotOlderThan', ''];

/** Reads the query of a list or a watch. */
export function listOptions({ query }: ResourceRequest, verb: 'list' | 'watch'): ListOptions {
  const limit = whole(query.get('limit')) ?? 0;
  const timeoutSeconds = whole(query.get('timeoutSeconds'));
  refuseOptions('ListOptions', verb === 'list' ? listErrors(query) : watchErrors(query));
  const continueToken = query.get('continue') ?? '';
  const version = query.get('resourceVersion') ?? '';
  return {
    limit: Math.max(limit, 0),
    continueToken,
    resourceVersion: parseVersion(version, verb),
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
    sendInitialEvents: isTrue(query.get('sendInitialEvents')),
    allowWatchBookmarks: isTrue(query.get('allowWatchBookmarks')),
    timeoutSeconds,
  };
}

function whole(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  if (!/^[-+]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

/** The resourceVersion that a query asks for, if any. */
export function parseVersion(text: string, verb: 'get' | 'list' | 'watch'): number | undefined {
  if (text === '') return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  const said = JSON.stringify(text);
  const why = `resourceVersion: Invalid value: ${said}: strconv.ParseUint: parsing ${said}: invalid syntax`;
  throw verb === 'list' ? badRequest(`invalid resource version: ${why}`) : internal(why);
}

function listErrors(query: URLSearchParams): readonly FieldError[] {
  const match = query.get('resourceVersionMatch') ?? '';
  const version = query.get('resourceVersion') ?? '';
  return [
    ...(query.has('sendInitialEvents')
      ? [forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list')]
      : []),
    ...(match === '' ? [] : listMatchErrors(match, version, query.get('continue') ?? '')),
  ];
}

function listMatchErrors(match: string, version: string, token: string): readonly FieldError[] {
  const refuse = (why: string) => forbidden('resourceVersionMatch', `resourceVersionMatch ${why}`);
  return [
    ...(version === '' ? [refuse('is forbidden unless resourceVersion is provided')] : []),
    ...(token === '' ? [] : [refuse('is forbidden when continue is provided')]),
    ...(MATCHES.includes(match) ? [] : [notSupported('resourceVersionMatch', match, MATCHES)]),
    ...(match === 'Exact' && version === '0' ? [refuse('"exact" is forbidden for resourceVersion "0"')] : []),
  ];
}

function watchErrors(query: URLSearchParams): readonly FieldError[] {
  const match = query.get('resourceVersionMatch') ?? '';
  const refuse = (why: string) => [forbidden('resourceVersionMatch', why)];
  if (query.get('continue')) return refuse('resourceVersionMatch is forbidden when continue is provided');
  if (!query.has('sendInitialEvents')) {
    return match === ''
      ? []
      : refuse('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
  }
  return match === 'NotOlderThan'
    ? []
    : refuse('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
}
